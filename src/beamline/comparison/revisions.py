"""What a system summarized: read from a DVC experiment, branch, tag, commit or the workspace, or from a file.

Nothing is checked out: DVC gives files of a revision from git, and its cached outputs from the cache or the remote.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException, NotDvcRepoError
from dvc.repo import Repo
from dvc.scm import SCMError
from dvc_data.index import DataIndexDirError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from beamline import score
from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.params import Rouge
from beamline.data.readers import READERS, Row
from beamline.metrics.intervals import FloatArray
from beamline.metrics.rouge import SCORES, RougeScorer

WORKSPACE = "workspace"
PREDICTIONS = paths.PREDICTIONS.as_posix()
METRICS = paths.SCORES.as_posix()
LOCK = "dvc.lock"

Settings = dict[str, object]


@dataclass(frozen=True)
class System:
    """One system's summaries of a test set, dialogue by dialogue.

    name: as it was asked for. commit: the first 7 digits, empty for the workspace and for files.
    ids: None for a file without them; dialogues: None where a file doesn't hold them.
    scores: headline scores in 0-1, float64 [dialogues, scores], columns in the order of `SCORES`.
    settings: what dvc.lock says was run, see `read_settings`; empty for files.
    """

    name: str
    commit: str
    ids: Sequence[str] | None
    dialogues: Sequence[str] | None
    references: Sequence[Sequence[str]]
    summaries: Sequence[str]
    scores: FloatArray
    signature: str
    settings: Settings

    def select(self, rows: Sequence[int]) -> "System":
        """Only these dialogues, in this order."""
        return replace(
            self,
            ids=self.ids and [self.ids[row] for row in rows],
            dialogues=self.dialogues and [self.dialogues[row] for row in rows],
            references=[self.references[row] for row in rows],
            summaries=[self.summaries[row] for row in rows],
            scores=self.scores[list(rows)],
        )


def read_systems(names: Sequence[str], *, rescore: bool) -> list[System]:
    """A name is a file of predictions, if there is one or it ends like one; else a revision.

    Files don't say how their scores were measured. So if one of the names is a file, or with `rescore`, all are scored
    here. Raises `BeamlineError` for what can't be found or read.
    """
    paths = [Path(name) for name in names]
    files = [path.suffix in READERS or path.is_file() for path in paths]
    rescore = rescore or any(files)
    systems = [
        read_file(path) if is_file else read_revision(name, scored=not rescore)
        for name, path, is_file in zip(names, paths, files, strict=True)
    ]
    return [rescored(each) for each in systems] if rescore else systems


def read_file(path: Path) -> System:
    """The predictions of a .jsonl, .csv or .parquet file that holds its references, without scores."""
    rows = score.read_file(path)
    try:
        own = score.choose_columns(rows[0], [], score.PREDICTION_COLUMNS, option="")
        references = score.choose_columns(rows[0], [], score.REFERENCE_COLUMNS, own, option="")
    except BeamlineError:
        own, references = [], []
    if len(own) != 1:
        plain = "; plain text is for beamline.score, or beamline.diagnose --predictions"
        raise BeamlineError(
            f"{rows[0].where}: expected columns summary and references, as in {PREDICTIONS},"
            f" found {', '.join(rows[0].cells)}{plain if score.PLAIN_TEXT in rows[0].cells else ''}"
        )
    return _system(str(path), rows, own, references)


def read_revision(name: str, *, scored: bool) -> System:
    """The predictions of an experiment, branch, tag or commit, or of the workspace as it is.

    scored: with the scores and the signature that they were written with.
    """
    files, commit = _open(name)
    stages = _stages(_read(files, name, LOCK), name)
    run = f"dvc repro, or: dvc exp run -n NAME, then compare with {WORKSPACE} or NAME"
    if not any(out["path"] == PREDICTIONS for stage in stages.values() for out in stage.get("outs", [])):
        raise BeamlineError(
            f"{name}: no predictions, its evaluation never ran ({LOCK} has no {PREDICTIONS}); run {run}"
        )
    text = _read(files, name, PREDICTIONS)
    if text is None:
        raise BeamlineError(
            f"{name}: {PREDICTIONS} is not in the cache; get it with dvc pull, or check out and dvc repro"
        )

    rows = list(_rows(text, f"{name}:{PREDICTIONS}"))
    system = replace(_system(name, rows, ["summary"], ["references"]), commit=commit, settings=read_settings(stages))
    if not scored:
        return system
    return replace(system, scores=_scores(rows), signature=_signature(_read(files, name, METRICS), name))


def export(name: str, paths: Sequence[Path], target: Path) -> None:
    """Copy files and directories of a revision, as they were committed, tracked or cached, below `target`.

    Raises `BeamlineError` for a revision that can't be found and for a path that it doesn't hold.
    """
    files, _ = _open(name)
    for path in paths:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        try:
            files.get(f"/{path.as_posix()}", str(target / path), recursive=True)
        except (FileNotFoundError, DataIndexDirError):
            raise BeamlineError(
                f"{name}: {path} is neither in git nor in the cache; get it with dvc pull, or check out and dvc repro"
            ) from None
        except Exception as error:  # a remote's library raises what it likes
            raise BeamlineError(f"{name}: {path} can't be read: {_message(error)}") from None


def rescored(system: System) -> System:
    """Scored here, as `python -m beamline.score` does by default, whatever scored it before."""
    params = Rouge(tokenizer="auto", stemmer=True, references="mean", minimum_coverage=score.MINIMUM_COVERAGE)
    scorer = RougeScorer(params, system.references, seed=score.SEED)
    columns = scorer.score(system.summaries).headline.columns()
    return replace(system, scores=np.column_stack([columns[name] for name in SCORES]), signature=scorer.signature())


def read_settings(stages: Mapping[str, Mapping[str, Any]]) -> Settings:
    """All that made a result, from the stages of a dvc.lock: what was run; params.yaml only says what is asked for.

    Parameters by their dotted keys; `command of STAGE`; `content of PATH` for code and data (value: the hash). Files
    that a stage makes of the others are left out.
    """
    made = [PurePosixPath(out["path"]) for stage in stages.values() for out in stage.get("outs", [])]
    parameters: dict[str, object] = {}
    others: dict[str, object] = {}
    for name, stage in stages.items():
        others[f"command of {name}"] = stage["cmd"]
        for dependency in stage.get("deps", []):
            if not any(PurePosixPath(dependency["path"]).is_relative_to(each) for each in made):
                others[f"content of {dependency['path']}"] = dependency.get(dependency.get("hash", "md5"))
        for values in stage.get("params", {}).values():
            parameters |= _flat(values)
    return parameters | others


def _flat(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def _stages(lock: str | None, name: str) -> Mapping[str, Mapping[str, Any]]:
    try:
        return dict((YAML(typ="safe").load(lock or "{}") or {}).get("stages", {}))
    except (YAMLError, AttributeError, TypeError, ValueError) as error:
        raise BeamlineError(f"{name}: {LOCK} can't be read: {' '.join(str(error).split())}") from None


def _open(name: str) -> tuple[DVCFileSystem, str]:
    """The files of a revision, as git and DVC have them, and its commit."""
    try:
        # Not left to DVCFileSystem, which outside a repository looks through all that is below the directory.
        with Repo() as here:
            root, remote = here.root_dir, here.config["core"].get("remote")
        # The remote of today, which an old commit may not know.
        files = DVCFileSystem(root, rev=None if name == WORKSPACE else name, remote=remote)
        commit = "" if name == WORKSPACE else files.repo.get_rev()[:7]
    except NotDvcRepoError:
        raise BeamlineError(f"{name}: no such file, and here is no DVC repository to look for a revision") from None
    except SCMError:
        raise BeamlineError(f"{name}: no such experiment, branch, tag, commit or file") from None
    except DvcException as error:
        raise BeamlineError(f"{name}: DVC can't read this revision: {' '.join(str(error).split())}") from None
    return files, commit


def _read(files: DVCFileSystem, name: str, path: str) -> str | None:
    """The text of a file of the revision; None where it holds none, or where neither cache nor remote does."""
    try:
        return str(files.read_text(f"/{path}", encoding="utf-8"))
    except FileNotFoundError:
        return None
    except Exception as error:  # a remote's library raises what it likes
        raise BeamlineError(f"{name}: {path} can't be read: {_message(error)}") from None


def _message(error: Exception) -> str:
    return " ".join(str(error).split()) or repr(error)


def _rows(text: str, where: str) -> Iterator[Row]:
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        try:
            yield Row(f"{where}:{number}", dict(json.loads(line)))
        except (ValueError, TypeError):
            raise BeamlineError(f"{where}:{number}: expected one JSON object a line; run: dvc repro evaluate") from None


def _system(name: str, rows: Sequence[Row], own: Sequence[str], references: Sequence[str]) -> System:
    found = [next((row.cells[key] for key in score.ID_COLUMNS if key in row.cells), None) for row in rows]
    ids = ["" if each is None else str(each) for each in found]
    first: dict[str, Row] = {}
    for row, key in zip(rows, ids, strict=True):
        if first.setdefault(key, row) is not row and key:
            raise BeamlineError(f"{row.where}: id {key!r} stands at {first[key].where} already; every id has to be one")
    dialogues = [str(row.cells.get("dialogue", "")) for row in rows]
    return System(
        name=name,
        commit="",
        ids=ids if all(ids) else None,
        dialogues=dialogues if all(dialogues) else None,
        references=[score.texts_of(row, references) for row in rows],
        summaries=[score.one_text(row, own) for row in rows],
        scores=np.empty((len(rows), 0)),
        signature="",
        settings={},
    )


def _scores(rows: Sequence[Row]) -> FloatArray:
    scores = []
    for row in rows:
        found = row.cells.get("scores")
        if not isinstance(found, dict) or not all(isinstance(found.get(name), int | float) for name in SCORES):
            raise BeamlineError(
                f"{row.where}: scores don't hold {', '.join(SCORES)}; --rescore scores all systems here"
            )
        scores.append([float(found[name]) for name in SCORES])
    return np.array(scores, dtype=np.float64)


def _signature(metrics: str | None, name: str) -> str:
    try:
        return str(json.loads(metrics or "{}")["signature"])
    except (ValueError, KeyError, TypeError):
        raise BeamlineError(
            f"{name}: {METRICS} holds no signature to say how it was scored; --rescore scores all systems here"
        ) from None
