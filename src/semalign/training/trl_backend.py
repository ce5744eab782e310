"""GRPO on one machine by TRL: its generation, its losses and estimators, our slots, scores and advantages.

TRL draws rows of a data set, repeats each G times and asks reward functions. Here rows are blank: what a step asks is
dealt by the `Session` when TRL generates, so that questions can come from the step before. Advantages are ours, exact
and without what can't be scored; clipping, KL and the loss are TRL's, by name.

Needs the extra `train`. Pinned to TRL 1.16: what is overridden here is not TRL's public interface.
Not for: several processes. There verl is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semalign.core.errors import ConfigError, MissingToolError, SemalignError
from semalign.training.record import StepRecord
from semalign.training.rollout import Slot
from semalign.training.session import Reply, Session, Verdicts

STATE_FILE = "session.json"
LOSSES = ("grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo", "luspo", "vespo")  # of TRL 1.16
_BY_ROW = ("grpo", "sapo", "dr_grpo", "luspo", "vespo")  # losses that divide by the number of rows


@dataclass(frozen=True, slots=True, kw_only=True)
class TrlConfig:
    """What TRL is told. `loss` is one of `LOSSES`."""

    output: Path
    learning_rate: float = 1e-6
    loss: str = "dapo"
    beta: float = 0.0  # of the KL term in the loss
    epsilon: float = 0.2  # of the clip
    updates: int = 1  # passes over the rollouts of a step
    temperature: float = 1.0
    max_new_tokens: int = 512
    micro_batch: int = 32  # rollouts a forward pass; must divide slots * group size
    max_grad_norm: float = 1.0
    lora_rank: int = 0  # 0: all weights are trained
    save_steps: int = 50
    bf16: bool = False
    report_to: str = "none"  # or "tensorboard"
    extra: dict[str, Any] = field(default_factory=dict)  # further arguments of TRL's GRPOConfig

    def __post_init__(self) -> None:
        """Raises: ValueError: a number that can't be meant."""
        if self.loss not in LOSSES:
            raise ValueError(f"loss must be one of {', '.join(LOSSES)}, got {self.loss!r}")
        if self.learning_rate <= 0 or self.max_new_tokens < 1 or self.micro_batch < 1 or self.updates < 1:
            raise ValueError("learning_rate, max_new_tokens, micro_batch and updates must be positive")


class SlotMixin:
    """What is put in front of TRL's `GRPOTrainer`; `trainer` joins them."""

    session: Session[Any]
    on_step: Callable[[StepRecord, Verdicts], None]
    session_slots: tuple[Slot, ...]
    session_step: int  # TRL has a `_step` of its own
    session_verdicts: Verdicts
    state: Any
    model: Any
    num_generations: int
    num_iterations: int
    loss_type: str

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        """TRL's step, with the prompts of our slots in the rows, and our advantages in what comes out."""
        self.session_step = self.state.global_step // self.num_iterations
        self.session_slots = self.session.begin(self.session_step)
        size = self.num_generations
        rows = [{"prompt": self.session_slots[at // size].prompt} for at in range(len(inputs))]
        output: dict[str, Any] = super()._generate_and_score_completions(rows)  # type: ignore[misc] # of TRL's class
        return self._weighed(output)

    def _calculate_rewards(
        self, inputs: Any, prompts: Any, completions: Sequence[str], completion_ids_list: Sequence[Sequence[int]]
    ) -> Any:
        """The scores as TRL has them for its own figures: one column, NaN where there is none."""
        import torch

        size = self.num_generations
        replies = [
            Reply(text=text, n_tokens=len(ids)) for text, ids in zip(completions, completion_ids_list, strict=True)
        ]
        groups = [replies[at : at + size] for at in range(0, len(replies), size)]
        try:
            self.session_verdicts = self.session.end(self.session_step, self.session_slots, groups)
        except SemalignError:
            self._keep_boundary()
            raise
        self.on_step(self.session_verdicts.record, self.session_verdicts)
        values = [one.score.value for group in self.session_verdicts.rollouts for one in group]
        return torch.tensor([[float("nan") if value is None else float(value)] for value in values])

    def _weighed(self, output: dict[str, Any]) -> dict[str, Any]:
        """Our advantages; rollouts that the loss must not see have no token left."""
        import torch

        advantages = [
            value * weight
            for one, group in zip(self.session_verdicts.advantages, self.session_verdicts.weights, strict=True)
            for value, weight in zip(one.values, group, strict=True)
        ]
        used = torch.tensor([weight > 0 for group in self.session_verdicts.weights for weight in group])
        mask = output["completion_mask"] * used.unsqueeze(1).to(output["completion_mask"])
        n_used = int(used.sum())
        # Losses that divide by rows would count those without tokens.
        factor = len(used) / n_used if n_used and self.loss_type in _BY_ROW else 1.0
        output["advantages"] = torch.tensor(advantages, dtype=torch.float32).to(output["advantages"].device) * factor
        output["completion_mask"] = mask
        output["num_items_in_batch"] = mask.sum().clamp(min=1)
        return output

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """TRL's checkpoint, and the session's state beside it."""
        super()._save_checkpoint(model, trial)  # type: ignore[misc] # of TRL's class
        self._write_state(self.session.state())

    def _write_state(self, state: Mapping[str, Any]) -> None:
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"  # type: ignore[attr-defined]
        written = folder / f"{STATE_FILE}.part"
        written.write_text(json.dumps(state), encoding="utf-8")
        written.replace(folder / STATE_FILE)

    def _keep_boundary(self) -> None:
        """A step that could not be judged: what was learned before it is kept, and the step will be dealt again."""
        if self.state.global_step:
            super()._save_checkpoint(self.model, None)  # type: ignore[misc] # of TRL's class
            self._write_state(self.session.boundary)


def train(
    session: Session[Any],
    model: Any,
    tokenizer: Any,
    config: TrlConfig,
    on_step: Callable[[StepRecord, Verdicts], None],
) -> Any:
    """Train, from the last checkpoint in `config.output` where there is one; the trained model.

    Args:
        session: what is asked and how it is judged.
        model: a causal language model of transformers.
        tokenizer: its tokenizer, padded on the left.
        config: for TRL.
        on_step: is given every step's record and verdicts, before the update.

    Raises:
        ConfigError: TRL refuses an argument, or the micro batch does not divide a step's rollouts.
        MissingToolError: the extra `train` is not installed.
    """
    try:
        from trl import GRPOTrainer
    except ImportError as exc:
        raise MissingToolError(f"training needs the extra `train` ({exc}): pip install 'semalign[train]'") from exc
    kind = type("SlotTrainer", (SlotMixin, GRPOTrainer), {})
    n_rollouts = session.config.n_slots * session.config.group_size
    if n_rollouts % config.micro_batch:
        raise ConfigError(
            f"micro_batch: {config.micro_batch} does not divide {n_rollouts}, the rollouts of a step "
            f"({session.config.n_slots} slots of {session.config.group_size})"
        )
    if config.beta and not config.lora_rank and not getattr(model.config, "_name_or_path", ""):
        # TRL reads the model to stay close to from where this one came; one made here came from nowhere yet.
        model.save_pretrained(config.output / "start")
        model.config._name_or_path = str(config.output / "start")
    trainer = kind(
        model=model,
        processing_class=tokenizer,
        reward_funcs=[_never_asked],
        args=_arguments(session, config, n_rollouts),
        train_dataset=_blank(session.config.n_slots),
        peft_config=_lora(config.lora_rank),
    )
    trainer.session, trainer.on_step = session, on_step
    last = _last_checkpoint(config.output)
    if last is not None:
        session.restore(json.loads((last / STATE_FILE).read_text(encoding="utf-8")))
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    return trainer.model


def _arguments(session: Session[Any], config: TrlConfig, n_rollouts: int) -> Any:
    from trl import GRPOConfig

    pieces = n_rollouts // config.micro_batch
    try:
        return GRPOConfig(
            output_dir=str(config.output),
            max_steps=session.config.n_steps * config.updates,
            per_device_train_batch_size=config.micro_batch,
            gradient_accumulation_steps=pieces,
            steps_per_generation=pieces,
            num_iterations=config.updates,
            num_generations=session.config.group_size,
            max_completion_length=config.max_new_tokens,
            temperature=config.temperature,
            learning_rate=config.learning_rate,
            lr_scheduler_type="constant",
            loss_type=config.loss,
            beta=config.beta,
            epsilon=config.epsilon,
            max_grad_norm=config.max_grad_norm,
            scale_rewards="none",
            seed=session.config.seed,
            data_seed=session.config.seed,
            save_strategy="steps",
            save_steps=config.save_steps,
            logging_steps=1,
            disable_tqdm=True,
            gradient_checkpointing=False,
            dataloader_pin_memory=False,
            bf16=config.bf16,
            report_to=config.report_to,
            remove_unused_columns=False,
            dataloader_num_workers=0,
            **config.extra,
        )
    except (TypeError, ValueError) as exc:
        raise ConfigError(f"TRL refuses the configuration: {exc}") from exc


def _blank(n_rows: int) -> Any:
    from datasets import Dataset

    return Dataset.from_dict({"prompt": [""] * n_rows})


def _lora(rank: int) -> Any:
    if not rank:
        return None
    from peft import LoraConfig

    return LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")


def _never_asked(**_: Any) -> list[float]:
    raise AssertionError("scores come from the session")


def _last_checkpoint(output: Path) -> Path | None:
    """The newest checkpoint that is whole."""
    found = [path.parent for path in output.glob(f"checkpoint-*/{STATE_FILE}")]
    return max(found, key=lambda path: int(path.name.partition("-")[2]), default=None)
