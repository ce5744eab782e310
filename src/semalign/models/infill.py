"""Prompts that ask for what stands between two texts, for models that were trained to fill in."""

from semalign.models.protocol import Request


def infill(before: str, after: str, *, max_tokens: int = 256) -> Request:
    """A request for the text between two others, in the words of the Qwen coders; the reply is that text alone.

    Source: Hui et al. 2024, "Qwen2.5-Coder Technical Report" (arXiv 2409.12186), section 3.2.

    >>> infill("def f(", "): pass").prompt
    '<|fim_prefix|>def f(<|fim_suffix|>): pass<|fim_middle|>'
    """
    prompt = f"<|fim_prefix|>{before}<|fim_suffix|>{after}<|fim_middle|>"
    return Request(prompt=prompt, max_tokens=max_tokens, stop=("<|fim_pad|>", "<|file_sep|>", "<|repo_name|>"))
