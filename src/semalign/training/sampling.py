"""Replies of a causal language model to many prompts, for evaluation; in training the back end generates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def complete(model: Any, tokenizer: Any, prompts: Sequence[str], *, max_new_tokens: int, batch: int = 128) -> list[str]:
    """One greedy reply a prompt, in order, without the prompt and without special tokens."""
    import torch

    was_training = model.training
    model.eval()
    found: list[str] = []
    order = sorted(range(len(prompts)), key=lambda at: len(prompts[at]))  # alike in length, so that little is padded
    replies: dict[int, str] = {}
    for start in range(0, len(order), batch):
        numbers = order[start : start + batch]
        given = tokenizer([prompts[at] for at in numbers], return_tensors="pt", padding=True).to(model.device)
        with torch.no_grad():
            written = model.generate(
                input_ids=given["input_ids"],
                attention_mask=given["attention_mask"],
                max_new_tokens=max_new_tokens,
                do_sample=False,
            )
        texts = tokenizer.batch_decode(written[:, given["input_ids"].shape[1] :], skip_special_tokens=True)
        replies.update(zip(numbers, texts, strict=True))
    found = [replies[at] for at in range(len(prompts))]
    model.train(was_training)
    return found
