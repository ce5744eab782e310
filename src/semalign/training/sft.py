"""Supervised fine-tuning on prompts with their answers, by TRL: the warm start, and the arms that use no reward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semalign.core.errors import MissingToolError


@dataclass(frozen=True, slots=True, kw_only=True)
class SftConfig:
    """How long and how fast. The loss is on answers only."""

    output: Path
    n_steps: int = 300
    batch: int = 32
    learning_rate: float = 2e-3
    warmup_steps: int = 30
    seed: int = 0


def fit(model: Any, tokenizer: Any, pairs: Sequence[tuple[str, str]], config: SftConfig) -> None:
    """Train the model in place; nothing is saved.

    Raises:
        MissingToolError: the extra `train` is not installed.
    """
    try:
        from datasets import Dataset
        from trl import SFTConfig, SFTTrainer
    except ImportError as exc:
        raise MissingToolError(f"training needs the extra `train` ({exc}): pip install 'semalign[train]'") from exc
    rows = Dataset.from_dict({"prompt": [one for one, _ in pairs], "completion": [two for _, two in pairs]})
    arguments = SFTConfig(
        output_dir=str(config.output),
        max_steps=config.n_steps,
        per_device_train_batch_size=config.batch,
        learning_rate=config.learning_rate,
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=config.warmup_steps,
        seed=config.seed,
        data_seed=config.seed,
        completion_only_loss=True,
        gradient_checkpointing=False,
        dataloader_pin_memory=False,
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        report_to="none",
        bf16=False,
        max_length=512,
    )
    SFTTrainer(model=model, processing_class=tokenizer, args=arguments, train_dataset=rows).train()
