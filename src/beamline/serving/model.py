"""The model that a command works with: the workspace's, a revision's, or any checkpoint, with its decoding."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.params import Generation, read_params
from beamline.decoding.reported import Reported, read_reported
from beamline.encoding.codec import TextCodec


@dataclass(frozen=True)
class Model:
    """A checkpoint's directory with its tokenizer. reported: how it decodes; the signature is empty if unknown."""

    directory: Path
    codec: TextCodec
    reported: Reported


@contextmanager
def open_model(revision: str | None, directory: Path | None, changes: Sequence[str] = ()) -> Iterator[Model]:
    """Give the model in `directory`, or that of a revision, or without both the one that the workspace's run chose.

    It decodes as its reported scores were measured, except for `changes`: `generation.num_beams=4`. A checkpoint from
    elsewhere, which has no reported scores, decodes as params.yaml says.

    Raises `BeamlineError` for a model that can't be found or read, and for changes that params.yaml would refuse.
    """
    if revision is not None and directory is not None:
        raise BeamlineError("--rev, --model: only one of them can be used")
    if revision is not None:
        # Imported here, because DVC takes a second that the other ways don't need.
        from beamline.comparison.revisions import open_revision  # noqa: PLC0415

        with tempfile.TemporaryDirectory() as copy:
            open_revision(revision).export([paths.MODEL], Path(copy))
            yield _read_model(Path(copy) / paths.MODEL, changes)
    elif directory is not None:
        if not directory.is_dir():
            raise BeamlineError(f"--model: {directory}: no such directory; expected that of a checkpoint")
        yield _read_model(directory, changes)
    else:
        if not paths.MODEL.is_dir():
            raise BeamlineError(f"{paths.MODEL}: no model here; run dvc repro or dvc pull, or name one with --model")
        yield _read_model(paths.MODEL, changes)


def _read_model(directory: Path, changes: Sequence[str]) -> Model:
    if (directory / paths.REPORTED.name).is_file():
        codec, reported = TextCodec.load(directory), read_reported(directory)
    else:
        from beamline.diagnosis.sources import read_codec_beside  # noqa: PLC0415

        params = read_params()
        codec = read_codec_beside(directory, params)
        reported = Reported(params.seed, params.padding, params.generation, params.evaluate, signature="")
    return Model(directory, codec, replace(reported, generation=change_generation(reported.generation, changes)))


def change_generation(generation: Generation, changes: Sequence[str]) -> Generation:
    """Return `generation` with changes such as `generation.num_beams=4`. Only the result has to be valid.

    Raises `BeamlineError` for another section, an unknown key or values that params.yaml would refuse.
    """
    values = generation.model_dump()
    for change in changes:
        key, separator, text = change.partition("=")
        section, _, name = key.partition(".")
        if section != "generation" or name not in values or not separator:
            known = ", ".join(f"generation.{name}" for name in values)
            raise BeamlineError(f"-S {change}: expected KEY=VALUE with one of these keys: {known}")
        try:
            values[name] = YAML(typ="safe").load(text)
        except YAMLError:
            raise BeamlineError(f"-S {change}: the value is not valid YAML") from None
    try:
        return Generation.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(["generation", *map(str, first["loc"])])
        reason = first["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
        raise BeamlineError(f"-S {place}: {reason}") from None
