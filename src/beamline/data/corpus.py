"""The raw dialogues of a directory, checked: what holds for everything after it.

Text is text, ids are unique, every dialogue of a split has as many references, and no test dialogue is in the training
data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from beamline.core.errors import BeamlineError, quote
from beamline.core.files import write_jsonl
from beamline.core.params import Data
from beamline.data.leakage import Leak, describe_leaks, find_leaks, find_near_leaks
from beamline.data.problems import Problems, list_path
from beamline.data.splits import RawSplit, find_files, open_split, scan_split


@dataclass(frozen=True)
class Corpus:
    """The three splits, and what was found odd but let pass.

    `warnings` depend on the data alone (no absolute paths), so that a tracked file can hold them. leaks: the file that
    lists the dialogues that are in several splits, or None if none is.
    """

    train: RawSplit
    validation: RawSplit
    test: RawSplit
    warnings: tuple[str, ...]
    leaks: Path | None


def check_corpus(data: Data) -> Corpus:
    """Find the three splits in the directory `data.path`, and check them.

    A test dialogue that is also in train makes every score a measure of memory: an error, unless `data.leakage` says
    otherwise. Overlaps with validation only blur the choice of a checkpoint: a warning. Test and validation dialogues
    that are nearly in train are a warning, too. Differences in white space are ignored. A test file without any column
    of summaries is a warning: its summaries are written, and not scored.

    Raises `BeamlineError` for a path that is no directory, a split that is missing or there twice, rows that can't be
    used, and leakage. It names a file that lists all of these rows.
    """
    splits = _open_splits(data)
    problems = Problems()
    scans = {name: scan_split(split, problems) for name, split in splits.items()}
    problems.refuse_rows()
    splits = {name: replace(split, rows=len(scans[name].ids)) for name, split in splits.items()}

    leaks = find_leaks(splits, scans)
    if data.leakage == "error":
        _refuse_test_in_train(leaks, splits)
    left = leaks
    if data.leakage == "drop":
        splits["train"] = _leave_out(splits["train"], leaks)
        left = [leak.without("train") for leak in leaks]
    near = find_near_leaks(splits, left)
    return Corpus(
        train=splits["train"],
        validation=splits["validation"],
        test=splits["test"],
        warnings=(
            *describe_leaks(left, splits, "also"),
            *describe_leaks(near, splits, "nearly"),
            *_describe_left_out(splits["train"]),
            *([] if scans["test"].references else [_describe_unscored(splits["test"])]),
        ),
        leaks=_list_leaks([*leaks, *near]),
    )


def reopen_splits(data: Data) -> dict[str, RawSplit]:
    """Return the splits that `check_corpus` let pass, without checking them again. Their rows are not counted.

    Raises `BeamlineError` if a split is missing, or if leakage is dropped and rows can't be used.
    """
    splits = _open_splits(data)
    if data.leakage != "drop":
        return splits
    problems = Problems()
    scans = {name: scan_split(split, problems) for name, split in splits.items()}
    problems.refuse_rows()
    splits = {name: replace(split, rows=len(scans[name].ids)) for name, split in splits.items()}
    return splits | {"train": _leave_out(splits["train"], find_leaks(splits, scans))}


def _open_splits(data: Data) -> dict[str, RawSplit]:
    splits = {name: open_split(path, data.columns) for name, path in find_files(Path(data.path)).items()}
    splits["test"] = replace(splits["test"], needs_summary=False)
    return splits


def _refuse_test_in_train(leaks: Sequence[Leak], splits: Mapping[str, RawSplit]) -> None:
    leaking = [leak for leak in leaks if "test" in leak.places and "train" in leak.places]
    if leaking:
        [test, *_], [train, *_] = (leaking[0].places[split] for split in ("test", "train"))
        count = sum(len(leak.places["test"]) for leak in leaking)
        raise BeamlineError(
            f"{test.where}: the dialogue of {quote(test.id)} is also in train ({train.where}, {quote(train.id)});"
            f" test dialogues that are: {count} of {len(splits['test'])}, all listed in {_list_leaks(leaks)};"
            " remove them from one side, or set data.leakage: drop (train goes without them) or warn"
        )


def _leave_out(train: RawSplit, leaks: Sequence[Leak]) -> RawSplit:
    rows = frozenset(place.row for leak in leaks for place in leak.places.get("train", []))
    if len(rows) == train.rows:
        raise BeamlineError(
            f"{train.source}: all {train.rows} dialogues are also in test or validation, and drop leaves none;"
            " give other training dialogues"
        )
    return replace(train, left_out=rows)


def _list_leaks(leaks: Sequence[Leak]) -> Path | None:
    """Write the list of leaks, and return where it is; None if there are none, and then there is no list."""
    path = list_path("leakage.jsonl")
    if not leaks:
        path.unlink(missing_ok=True)
        return None
    write_jsonl(path, [leak.to_row() for leak in leaks])
    return path


def _describe_unscored(test: RawSplit) -> str:
    found = ", ".join(map(quote, next(iter(test.records)).cells))
    return f"test has no summaries (found {found}): a model's are written, and not scored"


def _describe_left_out(train: RawSplit) -> list[str]:
    count, where = len(train.left_out), "as they are in test or validation"
    return [f"{count} of {train.rows} training dialogues are left out, {where}"] if count else []
