"""The chosen checkpoint with what its reported scores were measured with: the directory `model`.

It can be used by itself, without the repository that trained it.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import GenerationConfig

from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.files import write_json, writing
from beamline.core.params import Evaluate, Generation, Padding, with_past_values
from beamline.decoding.transformers_backend import ResolvedGeneration
from beamline.encoding.codec import TextCodec


@dataclass(frozen=True)
class Reported:
    """How a model wrote the summaries whose scores are reported, and the signature of these scores."""

    seed: int
    padding: Padding
    generation: Generation
    evaluate: Evaluate
    signature: str

    def to_json(self) -> dict[str, Any]:
        """Return the content of reported.json."""
        return {
            "seed": self.seed,
            "padding": self.padding.model_dump(),
            "generation": self.generation.model_dump(),
            "evaluate": self.evaluate.model_dump(),
            "signature": self.signature,
        }


def write_model(checkpoint: Path, directory: Path, resolved: ResolvedGeneration, reported: Reported) -> None:
    """Fill `directory`, which is empty, with a checkpoint that generates by itself as reported.

    The files are those of the checkpoint, so that DVC's cache holds its weights once. Two differ:
    generation_config.json has the settings in force that transformers' own `generate` follows. reported.json is added.
    Raises `BeamlineError` if they can't be written.
    """
    codec = TextCodec.load(checkpoint)
    config = GenerationConfig(**resolved.settings, **codec.encoding.generation_tokens)
    with writing(directory):
        shutil.copytree(checkpoint, directory, dirs_exist_ok=True)
        codec.family.plain_settings(config).save_pretrained(directory)
    write_json(directory / paths.REPORTED.name, reported.to_json())


def read_reported(directory: Path) -> Reported:
    """Return what `write_model` wrote into reported.json. Raises `BeamlineError` if it is missing or can't be read."""
    path = directory / paths.REPORTED.name
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return Reported(
            seed=int(stored["seed"]),
            padding=Padding.model_validate(with_past_values(stored["padding"], Padding, "padding.")),
            generation=Generation.model_validate(with_past_values(stored["generation"], Generation, "generation.")),
            evaluate=Evaluate.model_validate(with_past_values(stored["evaluate"], Evaluate, "evaluate.")),
            signature=str(stored["signature"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise BeamlineError(f"{path}: not readable ({reason}); run: dvc repro evaluate") from None
