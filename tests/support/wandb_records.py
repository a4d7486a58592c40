"""What W&B recorded of a run on disk: an offline run has its config and summary nowhere but in its .wandb file.

The file is a LevelDB log: 7 bytes of header, then blocks of 32 KiB; in these, pieces of records, each led by its
checksum, length and type (whole, first, middle, last). A record is a protobuf.
"""

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_HEADER = 7
_BLOCK = 32 * 1024
_PIECE = struct.Struct("<IHB")
_WHOLE, _LAST = 1, 4


@dataclass
class TrackedRun:
    """run: W&B's own record of it (project, group, job type). exit_code: None where it never ended."""

    run: Any = None
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    exit_code: int | None = None


def read_wandb_run(root: Path) -> TrackedRun:
    """Read the one offline run under `root`/wandb."""
    (path,) = [path for path in run_files(root) if path.parent.name.startswith("offline-run-")]
    return read_tracked_run(path)


def run_files(root: Path) -> list[Path]:
    """Return the .wandb files of all runs under `root`/wandb, the newest first: their names begin with the time."""
    paths = root.glob("wandb/*run-*/*.wandb")
    return sorted(paths, key=lambda path: path.parent.name.partition("run-")[2], reverse=True)


def read_tracked_run(path: Path) -> TrackedRun:
    from wandb.proto.wandb_internal_pb2 import Record

    found = TrackedRun()
    for data in _records(path.read_bytes()):
        record = Record.FromString(data)
        match record.WhichOneof("record_type"):
            case "run":
                found.run = record.run
                _merge(found.config, record.run.config.update)
            case "config":
                _merge(found.config, record.config.update)
            case "summary":
                _merge(found.summary, record.summary.update)
            case "history":
                found.history.append(_merge({}, record.history.item))
            case "exit":
                found.exit_code = record.exit.exit_code
    return found


def _records(data: bytes) -> Iterator[bytes]:
    position, parts = _HEADER, b""
    while position < len(data):
        left = _BLOCK - position % _BLOCK
        if left < _PIECE.size:  # too little for another piece: padding
            position += left
            continue
        _, length, kind = _PIECE.unpack_from(data, position)
        position += _PIECE.size
        parts += data[position : position + length]
        position += length
        if kind in (_WHOLE, _LAST):
            yield parts
            parts = b""


def _merge(target: dict[str, Any], items: Iterable[Any]) -> dict[str, Any]:
    for item in items:
        *sections, last = item.nested_key or [item.key]
        section = target
        for name in sections:
            section = section.setdefault(name, {})
        section[last] = json.loads(item.value_json)
    return target
