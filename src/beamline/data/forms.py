"""Forms of well-known datasets whose records are more than one dialogue with its summary."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from beamline.core.errors import BeamlineError
from beamline.data.readers import Row

Queries = Literal["whole", "all"]


@dataclass(frozen=True)
class Sample:
    """A dialogue with its summary, as a row.

    columns: by role, the columns of the record that a form took them from; None if the row is the record. query: what
    the summary answers, to be put before the dialogue. number: of the query in the record, from 1. Both are None if the
    summary is of the whole dialogue.
    """

    row: Row
    columns: Mapping[str, Sequence[str]] | None = None
    query: str | None = None
    number: int | None = None


@dataclass(frozen=True)
class Form:
    """A form of records. columns: those by which it is recognized. expand: yields the samples of a record."""

    columns: frozenset[str]
    expand: Callable[[Row, Queries], Iterator[Sample]]


def expand_record(row: Row, queries: Queries) -> Iterator[Sample]:
    """Yield the samples of a record: by its form if it has one, and else the record itself.

    Raises `BeamlineError` if the record is not as its form wants it.
    """
    form = next((form for form in FORMS if form.columns <= row.cells.keys()), None)
    return iter([Sample(row)]) if form is None else form.expand(row, queries)


def _expand_qmsum(row: Row, queries: Queries) -> Iterator[Sample]:
    """Yield a meeting with the answer to the general query about the whole of it, or with each query's answer.

    Authors word the query about the whole meeting differently in each record. It comes first.
    """
    lists = ["general_query_list"] if queries == "whole" else ["general_query_list", "specific_query_list"]
    found = [query for column in lists for query in _read_queries(row, column)]
    if not found:
        raise BeamlineError(f"{row.where}: no query in {' or '.join(lists)}; fix the record or remove it")
    columns = {"id": [], "dialogue": ["meeting_transcripts"], "summary": lists}
    for number, (query, answer) in enumerate(found, 1):
        cells = {**row.cells, "dialogue": row.cells["meeting_transcripts"], "summary": answer}
        if queries == "whole":
            yield Sample(Row(row.where, cells), columns)
            return
        yield Sample(Row(row.where, cells), columns, query, number)


def _read_queries(row: Row, column: str) -> list[tuple[str, object]]:
    queries = row.cells[column]
    if not isinstance(queries, list):
        raise BeamlineError(f"{row.where}: {column} is not a list; expected queries with their answers")
    pairs = []
    for item in queries:
        if not (isinstance(item, Mapping) and isinstance(item.get("query"), str)):
            raise BeamlineError(f"{row.where}: {column} holds no query; expected objects with query and answer")
        pairs.append((" ".join(item["query"].split()), item.get("answer")))
    return pairs


FORMS = (Form(frozenset({"meeting_transcripts", "general_query_list", "specific_query_list"}), _expand_qmsum),)
