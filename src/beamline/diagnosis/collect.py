"""Evidence of a run, from the files that the stages write."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.params import Params, read_params
from beamline.core.records import Dialogue
from beamline.data.dialogues import read_corpus
from beamline.data.predictions import read_predictions
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.recorded import Epoch, Recorded
from beamline.encoding.prepared import SPLITS, read_codec, read_split

# The files of a run that a diagnosis reads, where the stages write them.
RECORDED = {"rouge": paths.SCORES, "generation": paths.GENERATION, "train": paths.TRAIN_METRICS}
FILES = (paths.PARAMS, paths.PREPARED, paths.MODELS, paths.PREDICTIONS, *RECORDED.values(), paths.CURVES)


def evidence_from_directory(root: Path) -> Evidence:
    """Read the run whose `FILES` are under `root` as the stages write them: the workspace, or a copy of a revision.

    Raises `BeamlineError` if one of them is missing or can't be read.
    """
    params = read_params(root / paths.PARAMS, past=root != Path())
    files = {name: _read_json(root / path) for name, path in RECORDED.items()}
    record = root / paths.TRAINING_RECORD  # trainings before it was recorded have none
    training = _read_json(record) if record.is_file() else {}
    recorded = Recorded(**files, checkpoints=_read_json(root / paths.CHECKPOINTS), training=training)
    models = root / paths.MODELS
    try:
        kept = [models / entry["name"] for entry in recorded.checkpoints]
        checkpoint = models / recorded.rouge["checkpoint"]
    except (KeyError, TypeError) as error:
        raise BeamlineError(f"{root / paths.CHECKPOINTS}: not what train writes ({error}); run: dvc repro") from None
    return Evidence(
        seed=params.seed,
        seconds=params.diagnose.seconds,
        rouge=params.rouge,
        predictions=read_predictions(root / paths.PREDICTIONS),
        params=params,
        splits={split: read_split(split, root / paths.PREPARED) for split in SPLITS},
        raw=_read_raw(root, params),
        codec=read_codec(root / paths.PREPARED),
        checkpoint=checkpoint,
        kept=kept,
        epochs=_read_epochs(root / paths.CURVES / "plots" / "metrics"),
        recorded=recorded,
        root=root,
    )


def _read_raw(root: Path, params: Params) -> Mapping[str, Sequence[Dialogue]] | None:
    """Return the dialogues of data.path as prepare reads them; None if they are not there, as in a revision's copy."""
    if not (root / params.data.path).is_dir():
        return None
    data = params.data.model_copy(update={"path": str(root / params.data.path), "allow_leakage": True})
    try:
        corpus = read_corpus(data)
    except BeamlineError:  # prepare says what is wrong with them
        return None
    return {split: getattr(corpus, split) for split in SPLITS}


def _read_epochs(directory: Path) -> list[Epoch]:
    curves = [directory / name for name in ("train/loss.tsv", "validation/loss.tsv", "train/learning_rate.tsv")]
    training, validation, rates = (_read_curve(path) for path in curves)
    return [Epoch(step, training[step], validation[step], rates[step]) for step in sorted(training)]


def _read_curve(path: Path) -> Mapping[int, float]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {int(step): float(value) for step, value in list(csv.reader(file, delimiter="\t"))[1:]}
    except (OSError, ValueError) as error:
        raise BeamlineError(f"{path}: not a training curve ({error}); run: dvc repro train") from None


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BeamlineError(f"{path}: not readable ({error}); run: dvc repro") from None
