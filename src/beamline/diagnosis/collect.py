"""Read the evidence of a run from the files that the stages wrote."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.params import Params, read_params
from beamline.data.corpus import reopen_splits
from beamline.data.predictions import read_predictions
from beamline.data.splits import RawSplit
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.pairing import one_line
from beamline.diagnosis.recorded import Epoch, Recorded
from beamline.encoding.prepared import EncodedDialogue, EncodedSplit, draw_rows, read_codec, read_split

SAMPLED = 20_000  # training dialogues that the checks read

# The files of a run that a diagnosis reads, at the paths that the stages write to.
RECORDED = {"rouge": paths.SCORES, "generation": paths.GENERATION, "train": paths.TRAIN_METRICS}
FILES = (paths.PARAMS, paths.PREPARED, paths.MODELS, paths.PREDICTIONS, *RECORDED.values(), paths.CURVES)


def evidence_from_directory(root: Path) -> Evidence:
    """Read the run whose `FILES` are under `root`: the workspace, or a copy of a revision.

    Raises `BeamlineError` if a file is missing or can't be read.
    """
    params = read_params(root / paths.PARAMS, past=root != Path())
    files = {name: _read_json(root / path) for name, path in RECORDED.items()}
    record = root / paths.TRAINING_RECORD  # trainings by older versions have none
    training = _read_json(record) if record.is_file() else {}
    recorded = Recorded(**files, checkpoints=_read_json(root / paths.CHECKPOINTS), training=training)
    models = root / paths.MODELS
    try:
        kept = [models / entry["name"] for entry in recorded.checkpoints]
        checkpoint = models / recorded.rouge["checkpoint"]
    except (KeyError, TypeError) as error:
        raise BeamlineError(f"{root / paths.CHECKPOINTS}: not what train writes ({error}); run: dvc repro") from None
    train = read_split("train", root / paths.PREPARED)
    splits = {split: list(read_split(split, root / paths.PREPARED)) for split in ("validation", "test")}
    splits["train"] = sample_training(train, [*splits["validation"], *splits["test"]], params)
    return Evidence(
        seed=params.seed,
        seconds=params.diagnose.seconds,
        rouge=params.rouge,
        predictions=read_predictions(root / paths.PREDICTIONS),
        params=params,
        splits=splits,
        whole_train=train,
        raw=_reopen_raw(root, params),
        codec=read_codec(root / paths.PREPARED),
        checkpoint=checkpoint,
        kept=kept,
        epochs=_read_epochs(root / paths.CURVES / "plots" / "metrics") if params.train.num_train_epochs else None,
        recorded=recorded,
        root=root,
    )


def _reopen_raw(root: Path, params: Params) -> Mapping[str, RawSplit] | None:
    """Return the dialogues of data.path as prepare reads them; None if they are missing, as in a revision's copy."""
    directory = root / params.data.path
    if not directory.is_dir():
        return None
    try:
        return reopen_splits(params.data.model_copy(update={"path": str(directory)}))
    except BeamlineError:  # prepare reports what is wrong with them
        return None


def sample_training(train: EncodedSplit, others: Iterable[EncodedDialogue], params: Params) -> list[EncodedDialogue]:
    """Return the dialogues that training took, or a sample of `SAMPLED` drawn by the seed if there are more.

    Those that are also among `others`, apart from white space, are always in the sample, so all leakage is found.
    """
    taken = draw_rows(len(train), params.train.max_examples or len(train), params.seed)
    rows = {taken[number] for number in draw_rows(len(taken), SAMPLED, params.seed)}
    if len(rows) < len(taken):
        known, among = {one_line(other.record.dialogue) for other in others}, set(taken)
        rows |= {row for row, text in enumerate(train.read_texts()) if row in among and one_line(text) in known}
    return list(EncodedSplit(train.table.take(sorted(rows))))


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
