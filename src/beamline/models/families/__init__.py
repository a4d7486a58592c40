"""Model families: what training and decoding need to know about a kind of model. One module per family.

To add one, write a class with the members of `Family` in a module here, and add an instance to `FAMILIES`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import torch
from transformers import GenerationConfig, PreTrainedConfig, PreTrainedTokenizerBase

from beamline.core.errors import BeamlineError
from beamline.core.params import Model, Padding, TokenizerParams
from beamline.models.checkpoint import Checkpoint
from beamline.models.encoding import Encoding
from beamline.models.families.causal import Causal
from beamline.models.families.seq2seq import Seq2Seq

if TYPE_CHECKING:  # a stage that loads no model saves seconds
    from transformers import PreTrainedModel


class Family(Protocol):
    """How texts become tensors, what a model predicts from them, and how it writes a summary.

    name: as in encoding.json. model_class: the Auto class of transformers that loads a checkpoint. adds_tags: whether
    each speaker tag becomes a token, with an embedding that training learns.
    """

    name: str
    model_class: Any
    adds_tags: bool

    def fits(self, config: PreTrainedConfig) -> bool:
        """Return whether a model with this config belongs to the family."""
        ...

    def position_limits(self, config: PreTrainedConfig, source_tokens: int) -> tuple[int | None, int | None]:
        """Return the longest source, and the longest target beside a source of `source_tokens`, in tokens.

        None if the model has no limit.
        """
        ...

    def make_encoding(
        self,
        tokenizer: PreTrainedTokenizerBase,
        checkpoint: Checkpoint,
        params: TokenizerParams,
        model: Model,
        new_tokens: tuple[int, ...],
    ) -> Encoding:
        """Return the encoding of a checkpoint, and give `tokenizer` the special tokens that it needs.

        Raises `BeamlineError` if one of them is missing, and for a setting that the family can't follow.
        """
        ...

    def encode_dialogues(
        self, tokenizer: PreTrainedTokenizerBase, encoding: Encoding, dialogues: Sequence[str]
    ) -> list[list[int]]:
        """Return what the model reads of each dialogue, uncut and unpadded."""
        ...

    def encode_summaries(
        self, tokenizer: PreTrainedTokenizerBase, encoding: Encoding, summaries: Sequence[str]
    ) -> list[list[int]]:
        """Return each summary as labels, uncut and unpadded; the last one, and no other, is the end of sequence."""
        ...

    def truncate_dialogue(self, tokenizer: PreTrainedTokenizerBase, encoding: Encoding, ids: list[int]) -> list[int]:
        """Return at most `max_source_tokens` of what `encode_dialogues` returned for a dialogue."""
        ...

    def collate(
        self,
        sources: Sequence[Sequence[int]],
        targets: Sequence[Sequence[int]],
        encoding: Encoding,
        padding: Padding,
    ) -> dict[str, torch.Tensor]:
        """Return the tensors of a training batch, with a row for each example in every one of them.

        labels: [batch, target_length] int64, `IGNORED_LABEL` for what the loss doesn't count. The others are what
        `predict` takes.
        """
        ...

    def predict(self, model: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the logits of the labels: [batch, target_length, vocabulary].

        model: one of this family, or what DDP wraps it in. inputs: what `collate` returns, without the labels.
        """
        ...

    def generate(
        self,
        model: "PreTrainedModel",
        sources: Sequence[Sequence[int]],
        encoding: Encoding,
        length: int,
        config: GenerationConfig,
    ) -> list[list[int]]:
        """Return the tokens that the model writes for each source: the summary, its end, and padding after the end.

        length: what the sources are padded to. config: the settings of params.yaml and `encoding.generation_tokens`.
        """
        ...

    def plain_settings(self, config: GenerationConfig) -> GenerationConfig:
        """Return those settings of `config` that mean the same to transformers' own `generate`."""
        ...


FAMILIES: dict[str, Family] = {family.name: family for family in (Seq2Seq(), Causal())}


def find_family(encoding: Encoding) -> Family:
    """Return the family whose rules an encoding follows. Raises `BeamlineError` if there is none of that name."""
    if encoding.family not in FAMILIES:
        raise BeamlineError(f"encoding.json: no model family {encoding.family!r}; expected {', '.join(FAMILIES)}")
    return FAMILIES[encoding.family]


def choose_family(config: PreTrainedConfig, name: str) -> Family:
    """Return the family that a checkpoint's config belongs to. Raises `BeamlineError` if it is of none.

    name: the checkpoint, for the error.
    """
    for family in FAMILIES.values():
        if family.fits(config):
            return family
    raise BeamlineError(
        f"model.name: {name}: a model of type {config.model_type} belongs to no known family ({', '.join(FAMILIES)});"
        " choose another checkpoint"
    )
