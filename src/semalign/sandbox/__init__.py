"""Where untrusted programs run: isolated, limited, and gone without a trace of their own."""

from semalign.sandbox.model import (
    Binary,
    Cause,
    Command,
    Limits,
    Mount,
    Outcome,
    Program,
    Sandbox,
    Script,
    Service,
    Tier,
)
from semalign.sandbox.opening import Guarantee, Report, open_sandbox, preflight

__all__ = [
    "Binary",
    "Cause",
    "Command",
    "Guarantee",
    "Limits",
    "Mount",
    "Outcome",
    "Program",
    "Report",
    "Sandbox",
    "Script",
    "Service",
    "Tier",
    "open_sandbox",
    "preflight",
]
