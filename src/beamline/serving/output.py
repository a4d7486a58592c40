"""The file that `beamline summarize --output` writes, and how it goes on after an interruption."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from beamline.core.errors import BeamlineError, quote
from beamline.core.files import write_json, writing
from beamline.data.readers import parse_jsonl
from beamline.models.checkpoint import fingerprint
from beamline.serving.model import Model

Source = tuple[str, str]  # id and text of a dialogue

_DIALOGUES = "dialogues"  # their key in the record


@contextmanager
def open_output(output: Path, read: Callable[[], Iterator[Source]], model: Model) -> Iterator[tuple[TextIO, int]]:
    """Give the file to write to, and how many dialogues it holds already.

    read: returns the dialogues, from the first on. A line that was cut off is removed. A second file, FILE.model.json,
    records what wrote the first, and a hash of the dialogues. More dialogues may follow later.
    Raises `BeamlineError` if the file holds other dialogues, or if another model or decoding wrote it.
    """
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        content = output.read_bytes() if output.exists() else b""
        described = _describe(model)
        if content:
            _refuse_mixture(output, read, described)
        whole = content[: content.rfind(b"\n") + 1]
        lines = whole.decode(errors="replace").split("\n")
        written = [str(row.cells.get("id")) for row in parse_jsonl(lines, str(output))]
        _compare_ids(read(), written, output)
        write_json(_record_path(output), {**described, _DIALOGUES: _identify(read())})
        with output.open("r+" if content else "w", encoding="utf-8", newline="\n") as file:
            file.truncate(len(whole))
            file.seek(0, 2)
            yield file, len(written)


def _record_path(output: Path) -> Path:
    return output.with_name(f"{output.name}.model.json")


def _describe(model: Model) -> dict[str, Any]:
    """Return all that decides the summaries, except the dialogues. model: a hash of the checkpoint's files."""
    return {"model": fingerprint(model.directory), **model.reported.to_json()}


def _identify(dialogues: Iterable[Source]) -> dict[str, Any]:
    """Return the number of these dialogues, and a hash of their ids and texts."""
    found, count = hashlib.sha256(), 0
    for dialogue in dialogues:
        found.update(json.dumps(dialogue).encode())
        count += 1
    return {"count": count, "sha256": found.hexdigest()}


def _refuse_mixture(output: Path, read: Callable[[], Iterator[Source]], described: Mapping[str, Any]) -> None:
    record = _record_path(output)
    try:
        stored = json.loads(record.read_text(encoding="utf-8"))
        dialogues = stored.pop(_DIALOGUES)
        same = dialogues == _identify(islice(read(), dialogues["count"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BeamlineError(
            f"{output}: exists, and no {record.name} says which model wrote it; give --output another file"
        ) from None
    before, now = dict(_flatten(stored)), dict(_flatten(described))
    changed = [name for name in {**now, **before} if before.get(name) != now.get(name)]
    if changed:
        raise BeamlineError(
            f"{output}: another model or decoding wrote it (different: {', '.join(changed)});"
            " give --output another file"
        )
    if not same:
        raise BeamlineError(f"{output}: holds the summaries of other dialogues; give --output another file")


def _flatten(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flatten(inner, f"{prefix}.{key}" if prefix else key)
    else:
        yield prefix, value


def _compare_ids(sources: Iterator[Source], written: Sequence[str], output: Path) -> None:
    for line, key in enumerate(written, start=1):
        source = next(sources, None)
        if source is None or source[0] != key:
            expected = "no more lines" if source is None else quote(source[0])
            raise BeamlineError(f"{output}:{line}: id {quote(key)}, expected {expected}; give --output another file")
