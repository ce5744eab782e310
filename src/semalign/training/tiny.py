"""A decoder of a few million parameters and its tokenizer, made on the spot: the laptop proof downloads nothing.

Not for: anything but programs and values of one small language; its vocabulary is what was found in the texts that it
was made from. Needs the extra `train`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

PAD, END, UNKNOWN = "<pad>", "</s>", "<unk>"
# A line break with its indent, a tag, a word with the space before it, one digit, any other character. Joined again
# they are the text, so nothing is lost on the way there and back.
_PIECE = r"\n *|<[a-z]+>| ?[A-Za-z_]+|\d| ?[^\sA-Za-z_0-9]|\s"


def tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Whole words, single digits; knows the pieces of these texts and every printable character, and no others.

    `decode(encode(text))` is the text where all its pieces are known.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    found = {piece for text in texts for piece in re.findall(_PIECE, text)}
    characters = {chr(code) for code in range(32, 127)} | {f" {chr(code)}" for code in range(33, 127)}
    pieces = [PAD, END, UNKNOWN, *sorted(found | {char for char in characters if re.fullmatch(_PIECE, char)})]
    inner = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(pieces)}, unk_token=UNKNOWN))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(_PIECE), behavior="isolated")
    inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token=PAD,
        eos_token=END,
        unk_token=UNKNOWN,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def decoder(n_tokens: int, *, width: int = 192, layers: int = 5, heads: int = 6, seed: int = 0) -> PreTrainedModel:
    """A Llama-shaped decoder with random weights, about 2.4 million at the sizes given; it reads up to 512 tokens."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=n_tokens,
        hidden_size=width,
        intermediate_size=3 * width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
        use_cache=True,
    )
    return LlamaForCausalLM(config)
