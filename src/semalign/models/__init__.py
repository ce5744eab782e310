"""Language models: one `Model` protocol, and what stands behind it.

Endpoints are in `endpoint`, local weights in `local`; they load much, so whoever needs them imports them there.
"""

from semalign.models.batch import complete_all
from semalign.models.budget import BudgetConfig, Budgeted, Spending
from semalign.models.protocol import (
    FREE,
    Finish,
    Message,
    Model,
    Price,
    Reply,
    Request,
    Role,
    TokenLogprob,
    Usage,
    estimate_prompt,
    estimate_tokens,
)
from semalign.models.recorded import Recorded, Recorder
from semalign.models.scripted import Scripted

__all__ = [
    "FREE",
    "BudgetConfig",
    "Budgeted",
    "Finish",
    "Message",
    "Model",
    "Price",
    "Recorded",
    "Recorder",
    "Reply",
    "Request",
    "Role",
    "Scripted",
    "Spending",
    "TokenLogprob",
    "Usage",
    "complete_all",
    "estimate_prompt",
    "estimate_tokens",
]
