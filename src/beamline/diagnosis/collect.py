"""Evidence for the diagnosis: of a run's directory, of a revision, of two files of text, of somebody's checkpoint."""

import csv
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beamline import score
from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.params import Data, Params, Rouge, read_params
from beamline.core.records import Predictions
from beamline.data.dialogues import read_corpus
from beamline.data.readers import Row
from beamline.diagnosis.evidence import Epoch, Evidence, Recorded
from beamline.encoding.codec import TextCodec, load_codec
from beamline.encoding.prepared import SPLITS, EncodedDialogue, encode_split, read_codec, read_split
from beamline.models.checkpoint import Checkpoint, fingerprint, position_limits

# What a diagnosis reads of a run, each where the stages write it.
RECORDED = {"rouge": paths.SCORES, "generation": paths.GENERATION, "train": paths.TRAIN_METRICS}
FILES = (paths.PARAMS, paths.PREPARED, paths.MODELS, paths.PREDICTIONS, *RECORDED.values(), paths.CURVES)


def of_directory(root: Path) -> Evidence:
    """The run whose files lie under `root` as the stages write them: the workspace, or a copy of a revision.

    Raises `BeamlineError` where one of them is missing or can't be read.
    """
    params = read_params(root / paths.PARAMS)
    recorded = Recorded(**{name: _json(root / path) for name, path in RECORDED.items()})
    models = root / paths.MODELS
    try:
        kept = [models / each["name"] for each in _json(models / "checkpoints.json")]
        checkpoint = models / recorded.rouge["checkpoint"]
    except (KeyError, TypeError) as error:
        raise BeamlineError(f"{models / 'checkpoints.json'}: not what train writes ({error}); run: dvc repro") from None
    return Evidence(
        seed=params.seed,
        rouge=params.rouge,
        predictions=_predictions(score.read_file(root / paths.PREDICTIONS), ["summary"], ["references"]),
        params=params,
        splits={split: read_split(split, root / paths.PREPARED) for split in SPLITS},
        codec=read_codec(root / paths.PREPARED),
        checkpoint=checkpoint,
        kept=kept,
        epochs=_epochs(root / paths.CURVES / "plots" / "metrics"),
        recorded=recorded,
        root=root,
    )


@contextmanager
def of_revision(name: str) -> Iterator[Evidence]:
    """A DVC experiment, branch, tag or commit, copied to a temporary directory; nothing is checked out.

    Raises `BeamlineError` for what can't be found, in git, in the cache or in the remote.
    """
    from beamline.comparison.systems import export  # noqa: PLC0415  (DVC takes two seconds to import, which the stage is spared)

    with tempfile.TemporaryDirectory() as directory:
        export(name, FILES, Path(directory))
        yield of_directory(Path(directory))


def of_files(predictions: Path, references: Sequence[Path]) -> Evidence:
    """Summaries and references in files as `beamline.score` takes them: plain lines, JSON lines, CSV or Parquet.

    Raises `BeamlineError` for what can't be read, and for files whose rows don't belong together.
    """
    rows = score.read_file(predictions)
    own = score.choose_columns(rows[0], [], score.PREDICTION_COLUMNS, option="another file")
    texts: list[list[str]] = [[] for _ in rows]
    for path in references:
        others = score.read_file(path)
        score.check_order(predictions, rows, path, others)
        columns = score.choose_columns(others[0], [], score.REFERENCE_COLUMNS, option="another file")
        for found, row in zip(texts, others, strict=True):
            found.extend(score.texts_of(row, columns))
    rouge = Rouge(tokenizer="auto", stemmer=True, references="mean", minimum_coverage=score.MINIMUM_COVERAGE)
    return Evidence(seed=score.SEED, rouge=rouge, predictions=_joined(rows, own, texts))


def of_checkpoint(model: Path, data: Path, params: Params) -> Evidence:
    """Somebody's checkpoint on a directory of dialogues, decoded and scored as `params` say.

    Its tokenizer is taken as it is: what it makes of speaker tags is one of the things to find out. So are its
    positions, where it has fewer than `params.tokenizer` asks for. Raises `BeamlineError` for a directory that is no
    checkpoint and for dialogues that can't be read.
    """
    if not model.is_dir():
        raise BeamlineError(f"--model: {model}: no such directory; expected that of a checkpoint")
    if (model / "encoding.json").is_file():
        codec = TextCodec.load(model)
    else:
        checkpoint = Checkpoint(str(model), fingerprint(model))
        limits = {
            key: min(getattr(params.tokenizer, key), limit)
            for key, limit in zip(
                ("max_source_tokens", "max_target_tokens"), position_limits(checkpoint.config()), strict=True
            )
            if limit is not None
        }
        codec = load_codec(params.tokenizer.model_copy(update=limits), checkpoint, tags=())
    corpus = read_corpus(Data(path=str(data), columns=params.data.columns, allow_leakage=True))
    splits = {split: encode_split(getattr(corpus, split), codec) for split in SPLITS}
    evidence = Evidence(
        seed=params.seed, rouge=params.rouge, params=params, splits=splits, codec=codec, checkpoint=model
    )
    test = evidence.sample("test")
    evidence.splits = {**splits, "test": test}
    summaries = evidence.summarize(evidence.model, codec, params.generation, test)
    evidence.predictions = predictions_of(test, summaries)
    return evidence


def predictions_of(dialogues: Sequence[EncodedDialogue], summaries: Sequence[str]) -> Predictions:
    return Predictions(
        ids=[each.record.id for each in dialogues],
        dialogues=[each.record.dialogue for each in dialogues],
        references=[each.record.references for each in dialogues],
        summaries=summaries,
    )


def _predictions(rows: Sequence[Row], own: Sequence[str], references: Sequence[str]) -> Predictions:
    return _joined(rows, own, [score.texts_of(row, references) for row in rows])


def _joined(rows: Sequence[Row], own: Sequence[str], references: Sequence[Sequence[str]]) -> Predictions:
    def column(*names: str) -> list[str] | None:
        name = next((each for each in names if each in rows[0].cells), None)
        return None if name is None else [str(row.cells.get(name, "")) for row in rows]

    return Predictions(
        ids=column(*score.ID_COLUMNS),
        dialogues=column("dialogue"),
        references=references,
        summaries=[score.one_text(row, own) for row in rows],
    )


def _epochs(directory: Path) -> list[Epoch]:
    curves = [directory / name for name in ("train/loss.tsv", "validation/loss.tsv", "train/learning_rate.tsv")]
    training, validation, rates = (_curve(path) for path in curves)
    return [Epoch(step, training[step], validation[step], rates[step]) for step in sorted(training)]


def _curve(path: Path) -> Mapping[int, float]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {int(step): float(value) for step, value in list(csv.reader(file, delimiter="\t"))[1:]}
    except (OSError, ValueError) as error:
        raise BeamlineError(f"{path}: not a training curve ({error}); run: dvc repro train") from None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BeamlineError(f"{path}: not readable ({error}); run: dvc repro") from None
