"""Whether a model has as many positions as summaries may get."""

from transformers import PreTrainedConfig

from beamline.core.errors import BeamlineError
from beamline.core.params import Generation
from beamline.models.encoding import Encoding
from beamline.models.families import find_family


def check_max_length(generation: Generation, encoding: Encoding, config: PreTrainedConfig) -> None:
    """Raise `BeamlineError` if `generation.max_length` exceeds the positions that the model has for a summary."""
    _, limit = find_family(encoding).position_limits(config, encoding.max_source_tokens)
    if limit is not None and generation.max_length > limit:
        raise BeamlineError(
            f"generation.max_length: the model has positions for {limit} tokens, found {generation.max_length};"
            f" set it to {limit} or less"
        )
