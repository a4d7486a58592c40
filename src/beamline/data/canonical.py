"""Records of any source in the one form that `data.path` takes: id, dialogue, and its summary or summaries."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from beamline.core.errors import BeamlineError, quote
from beamline.core.params import Columns
from beamline.core.records import Dialogue
from beamline.data.columns import add_paths, list_columns
from beamline.data.dialogues import to_dialogue, to_source
from beamline.data.forms import Queries, Sample, expand_record
from beamline.data.readers import Row
from beamline.data.sources import Part
from beamline.data.splits import hash_text

USUAL = Columns(id=None, dialogue=None, summary=None)  # the canonical form needs no other names


@dataclass(frozen=True)
class Usable:
    """A sample as a dialogue. record: its number, from 1. group: the hash of its group, or None if it has none."""

    sample: Sample
    dialogue: Dialogue
    record: int
    group: int | None


@dataclass(frozen=True)
class Unusable:
    """What is wrong with the record at `where`."""

    where: str
    problem: str


@dataclass(frozen=True)
class Samples:
    """The dialogues of a part, read anew by every iteration.

    columns: names given instead of the usual ones. group: column whose values are groups, or None. queries: which ones
    of a record with queries. has_summaries: False if dialogues are taken without their summaries.
    """

    part: Part
    columns: Columns
    group: str | None
    queries: Queries
    has_summaries: bool = True

    def __iter__(self) -> Iterator[Usable | Unusable]:
        """Yield the dialogues that the records hold, and what is wrong with those that hold none."""
        for number, row in enumerate(self.part.records, 1):
            try:
                samples = list(self._expand(row))
            except BeamlineError as error:
                yield _to_unusable(row, error)
                continue
            for sample in samples:
                try:
                    yield self._to_usable(sample, number)
                except BeamlineError as error:
                    yield _to_unusable(row, error)

    def _expand(self, row: Row) -> Iterator[Sample]:
        if self.columns.dialogue is not None or self.columns.summary is not None:
            return iter([Sample(row)])
        return expand_record(row, self.queries)

    def _to_usable(self, sample: Sample, record: int) -> Usable:
        default_id = f"{self.part.stem}-{record}"
        if self.has_summaries:
            dialogue = to_dialogue(sample.row, self.columns, default_id)
        else:
            dialogue = Dialogue(*to_source(sample.row, self.columns, default_id), references=())
        if sample.query is not None:
            dialogue = replace(
                dialogue, id=f"{dialogue.id}-{sample.number}", dialogue=f"{sample.query}\n{dialogue.dialogue}"
            )
        return Usable(sample, dialogue, record, self._read_group(sample.row))

    def _read_group(self, row: Row) -> int | None:
        if self.group is None:
            return None
        cells = add_paths(row, [self.group]).cells
        if self.group not in cells:
            raise BeamlineError(
                f"{row.where}: no column {quote(self.group)}, found {list_columns(row.cells)};"
                " name the one that holds the groups with --group"
            )
        value = cells[self.group]
        return None if value in (None, "") else hash_text(repr(value))


@dataclass(frozen=True)
class CanonicalRows:
    """The usable samples as rows in canonical form, read anew by every iteration.

    chosen: [usable samples], those that are in the split; None: all.
    """

    samples: Samples
    chosen: npt.NDArray[np.bool_] | None = None

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows. Raises `BeamlineError` with the first problem if no sample is usable."""
        number, first = 0, None
        for item in self.samples:
            if isinstance(item, Unusable):
                first = first or item
                continue
            if self.chosen is None or self.chosen[number]:
                yield Row(item.sample.row.where, to_cells(item.dialogue))
            number += 1
        if number == 0 and first is not None:
            raise BeamlineError(f"{first.where}: {first.problem}")


def to_cells(dialogue: Dialogue) -> dict[str, object]:
    """Return the cells of a row in canonical form."""
    references = dialogue.references
    names = ["summary"] if len(references) == 1 else [f"summary{number}" for number, _ in enumerate(references, 1)]
    return {
        "id": dialogue.id, "dialogue": dialogue.dialogue, **dict(zip(names, references, strict=True))
    }  # fmt: skip


def _to_unusable(row: Row, error: BeamlineError) -> Unusable:
    return Unusable(row.where, str(error).removeprefix(f"{row.where}: "))
