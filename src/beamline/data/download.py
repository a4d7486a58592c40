"""Bring a dataset of the Hugging Face hub into the form that `data.path` takes, with its provenance beside it.

beamline download HUB_ID --revision REVISION DIRECTORY

A DVC dependency is a file, so a hub id can't be one: download once, `dvc add` the directory, and every run depends on
these bytes and not on what the hub holds that day. No code from the hub is executed: datasets 5 can't.
"""

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from beamline.core.errors import BeamlineError
from beamline.core.files import replaced_directory, write_json, write_jsonl
from beamline.core.params import Columns
from beamline.data.dialogues import to_dialogue
from beamline.data.problems import Problems
from beamline.data.readers import Row
from beamline.data.splits import RawSplit, open_split, scan_split

SPLIT_NAMES = {"train": ("train",), "validation": ("validation", "valid", "val", "dev"), "test": ("test",)}
JSON_TYPES = (str, int, float, bool, list, dict, type(None))  # the others (dates, for one) are written as text


def download_dataset(
    source: str, revision: str | None, config: str | None, columns: Columns, directory: Path
) -> dict[str, Any]:
    """Write the splits of `source` and provenance.json into `directory`, whole or not at all; return the provenance.

    Every column is kept as it is. Records without a usable dialogue or summary are left out and listed under
    `left_out`: users can't fix them on the hub, and some well-known sets have one.

    Raises `BeamlineError` for a directory in use, a hub out of reach, an unknown id, revision or configuration, a
    split that is missing or there twice, and for splits that `scan_split` refuses.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise BeamlineError(f"{directory}: exists already; name a new directory, or remove this one first")
    commit, licence = _resolve(source, revision)
    splits = {split: _rows(source, split, records) for split, records in _load(source, commit, config).items()}
    usable, left_out = {}, {}
    for split, rows in splits.items():
        usable[split], left_out[split] = _usable(rows, columns)
        problems = Problems()
        scan_split(RawSplit(f"{source}: {split}", split, usable[split], columns), problems)
        problems.refuse_rows()

    try:
        with replaced_directory(directory) as unfinished:
            for split, rows in usable.items():
                write_jsonl(unfinished / f"{split}.jsonl", [_jsonable(row) for row in rows])
            provenance = {
                "hub_id": source if commit else None,
                "revision": commit,
                "config": config,
                "licence": licence,
                "datasets": version("datasets"),
                "files": {f"{split}.jsonl": _describe(unfinished / f"{split}.jsonl", columns) for split in usable},
                "left_out": {f"{split}.jsonl": reasons for split, reasons in left_out.items() if reasons},
            }
            write_json(unfinished / "provenance.json", provenance)
    except OSError as error:
        raise BeamlineError(f"{directory}: can't be written: {error.strerror or error}") from None
    return provenance


def describe_download(provenance: dict[str, Any], columns: Columns, directory: Path) -> str:
    """Return what was written, its license and commit, and the commands that come next, a line each."""
    lines = []
    for name, file in provenance["files"].items():
        left_out = provenance["left_out"].get(name, [])
        note = f", {len(left_out)} unusable left out (first: {left_out[0]})" if left_out else ""
        lines.append(f"{directory / name}: {file['records']} records{note}")
    lines.append(
        f"licence: {provenance['licence'] or 'not stated'}; commit: {provenance['revision'] or 'none (local)'}"
    )
    mapped = "".join(f" -S data.columns.{role}={name}" for role, name in columns if name)
    lines.append(f"next: dvc add {directory}; dvc exp run -S data.path={directory}{mapped}")
    return "\n".join(lines)


def _resolve(source: str, revision: str | None) -> tuple[str | None, str | list[str] | None]:
    """Return the commit of a hub dataset's `revision` and the license on its card; a local directory has neither."""
    if Path(source).is_dir():
        if revision is not None:
            raise BeamlineError(f"{source}: a local directory has no revisions; leave out --revision")
        return None, None
    if revision is None:
        raise BeamlineError(f"{source}: a hub dataset needs --revision: a commit, or main, whose commit is recorded")

    from huggingface_hub import HfApi, errors  # noqa: PLC0415  (a second, which --help need not wait for)

    try:
        info = HfApi().dataset_info(source, revision=revision)
    except errors.HFValidationError:
        raise BeamlineError(f"{source}: neither a local directory nor a hub id such as owner/name") from None
    except errors.RevisionNotFoundError:
        raise BeamlineError(f"{source}: the hub's dataset has no revision '{revision}'; try main") from None
    except errors.RepositoryNotFoundError:  # also what a private or gated one says
        raise BeamlineError(
            f"{source}: no such dataset on the hub, or not open to you; for a private or gated one set HF_TOKEN"
        ) from None
    except Exception as error:  # of the HTTP client underneath, whichever that is
        raise BeamlineError(
            f"{source}: the hub can't be reached ({_one_line(error)}); run this where there is a network,"
            " and copy the directory here"
        ) from None
    return info.sha, info.card_data.get("license") if info.card_data else None


def _load(source: str, commit: str | None, config: str | None) -> dict[str, Any]:
    """Return the records of each split, under our names and in our order.

    Each split is built separately, because `datasets` wants the same columns in all that it builds together. DialogSum
    has `summary` in train, and `summary1` to `summary3` in test.
    """
    import datasets  # noqa: PLC0415  (seconds, which --help and a refused directory need not wait for)

    datasets.logging.set_verbosity(datasets.logging.CRITICAL)  # what it logs comes back as the exception below
    try:
        builder = datasets.load_dataset_builder(source, config, revision=commit)
        files = {str(name): list(paths) for name, paths in (builder.config.data_files or {}).items()}
        return {
            split: datasets.load_dataset(
                source,
                config,
                revision=commit,
                data_files={name: files[name]},
                split=name,
                verification_mode="no_checks",  # of all splits' sizes, if only one is there
            )
            for split, name in _split_names(source, list(files)).items()
        }
    except BeamlineError:
        raise
    except Exception as error:  # unrelated classes, a dozen of them; the cause says more than "while generating"
        reason, needs_config, _ = _one_line(error.__cause__ or error).partition(" Example of usage")
        hint = "; name it with --config" if needs_config else ""
        raise BeamlineError(f"{source}: datasets can't load it: {reason}{hint}") from None


def _split_names(source: str, names: list[str]) -> dict[str, str]:
    """Return what the dataset calls each of our splits."""
    found = {split: [name for name in aliases if name in names] for split, aliases in SPLIT_NAMES.items()}
    for split, candidates in found.items():
        if len(candidates) != 1:
            problem = f"splits {' and '.join(candidates)} are both {split}" if candidates else f"no {split} split"
            raise BeamlineError(f"{source}: {problem}; expected train, validation and test, found {', '.join(names)}")
    return {split: candidates[0] for split, candidates in found.items()}


def _rows(source: str, split: str, records: Iterable[dict[str, Any]]) -> list[Row]:
    return [Row(f"{source}: {split} record {number}", record) for number, record in enumerate(records, 1)]


def _usable(rows: list[Row], columns: Columns) -> tuple[list[Row], list[str]]:
    """Return the rows that make a dialogue, and why the others don't.

    If none does, the columns are wrong and not the rows. Then all rows are returned, so that the check names the error.
    """
    kept, reasons = [], []
    for row in rows:
        try:
            to_dialogue(row, columns, default_id=row.where)
            kept.append(row)
        except BeamlineError as error:
            reasons.append(str(error).partition(": ")[2])
    return (kept, reasons) if kept else (rows, [])


def _jsonable(row: Row) -> dict[str, Any]:
    return {name: value if isinstance(value, JSON_TYPES) else str(value) for name, value in row.cells.items()}


def _describe(path: Path, columns: Columns) -> dict[str, Any]:
    """Return count and hash of a written split, read back as `prepare` is going to read it."""
    return {
        "records": sum(1 for _ in open_split(path, columns)),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
