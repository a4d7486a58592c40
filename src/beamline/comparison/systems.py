"""A system to compare: its predictions, their scores, and what it was run with. From a revision, or from a file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from beamline.comparison.revisions import LOCK, WORKSPACE, Revision, open_revision
from beamline.comparison.scoring import DEFAULTS, score_predictions
from beamline.comparison.settings import Settings, find_upstream, read_settings
from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.params import Rouge
from beamline.core.records import Predictions
from beamline.data.predictions import parse_predictions, read_predictions
from beamline.data.readers import split_ending
from beamline.metrics import DEFAULT_HEADLINE, read_signature
from beamline.metrics.intervals import FloatArray


@dataclass(frozen=True)
class System:
    """What wrote predictions of a test set.

    name: as it was asked for. commit: the first 7 digits; empty for the workspace and for files.
    scores: by column name, in 0-1, float64 [dialogues].
    settings: see `read_settings`; empty for files.
    """

    name: str
    commit: str
    predictions: Predictions
    scores: Mapping[str, FloatArray]
    signature: str
    settings: Settings

    @property
    def headline(self) -> str:
        """Return the name of the column that chose the checkpoint."""
        return read_signature(self.signature).get("headline", DEFAULT_HEADLINE)

    def select(self, rows: Sequence[int]) -> "System":
        """Return the same system with these dialogues only, in this order."""
        scores = {name: values[list(rows)] for name, values in self.scores.items()}
        return replace(self, predictions=self.predictions.select(rows), scores=scores)


def read_systems(names: Sequence[str], *, rescore: bool) -> list[System]:
    """Read each name as a file of predictions, if there is one or it ends like one; else as a revision.

    Files don't say how their scores were measured. So if one of the names is a file, or with `rescore`, all are scored
    here, in the way of the first system that has settings. Raises `BeamlineError` for what can't be found or read.
    """
    is_file = {name: split_ending(Path(name)) is not None or Path(name).is_file() for name in names}
    rescore = rescore or any(is_file.values())
    systems = [
        System(name, "", read_predictions(Path(name)), {}, "", {})
        if is_file[name]
        else read_revision(name, scored=not rescore)
        for name in names
    ]
    return rescore_systems(systems) if rescore else systems


def read_revision(name: str, *, scored: bool) -> System:
    """Read the predictions of an experiment, branch, tag or commit, or of the workspace as it is.

    scored: with the scores and the signature that they were written with.
    """
    revision = open_revision(name)
    stages = revision.read_stages()
    if not find_upstream(stages, paths.PREDICTIONS):
        raise BeamlineError(
            f"{name}: no predictions, its evaluation never ran ({LOCK} has no {paths.PREDICTIONS}); run dvc repro,"
            f" or: dvc exp run -n NAME, then compare with {WORKSPACE} or NAME"
        )
    text = revision.read_text(paths.PREDICTIONS)
    if text is None:
        raise BeamlineError(
            f"{name}: {paths.PREDICTIONS} is not in the cache; get it with dvc pull, or check out and dvc repro"
        )
    source = f"{name}:{paths.PREDICTIONS}"
    try:
        predictions, scores = parse_predictions(text, source)
    except BeamlineError as error:
        raise BeamlineError(f"{error}; run: dvc repro evaluate") from None
    settings = read_settings(stages, paths.PREDICTIONS)
    if not scored:
        return System(name, revision.commit, predictions, {}, "", settings)
    columns = {column: np.array(values, dtype=np.float64) for column, values in scores.items()}
    system = System(name, revision.commit, predictions, columns, _read_signature(revision), settings)
    if system.headline not in columns:
        raise BeamlineError(
            f"{source}: scores don't hold {system.headline} for every dialogue; --rescore scores all systems here"
        )
    return system


def rescore_systems(systems: Sequence[System]) -> list[System]:
    """Return the systems scored here, all in one way, whatever scored them before.

    It is the way of the first system that was run with `rouge` settings. If all are files, it is the default of
    `beamline score`.
    """
    settings = next((system.settings for system in systems if system.settings), {})
    own = {field: settings[f"rouge.{field}"] for field in Rouge.model_fields if f"rouge.{field}" in settings}
    rouge = Rouge.model_validate({**DEFAULTS.model_dump(), **own})
    headline = str(settings.get("metrics.headline", DEFAULT_HEADLINE))
    scored = [score_predictions(system.predictions, rouge, headline=headline) for system in systems]
    return [
        replace(system, scores=result.scores.columns, signature=result.signature)
        for system, result in zip(systems, scored, strict=True)
    ]


def _read_signature(revision: Revision) -> str:
    try:
        return str(json.loads(revision.read_text(paths.SCORES) or "{}")["signature"])
    except (ValueError, KeyError, TypeError):
        raise BeamlineError(
            f"{revision.name}: {paths.SCORES} holds no signature to say how it was scored; --rescore scores all"
            " systems here"
        ) from None
