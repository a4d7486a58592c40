"""Reading back what W&B recorded: an offline run has its config and summary nowhere but in its .wandb file.

The file is a LevelDB log: 7 bytes of header, then blocks of 32 KiB; in these, pieces of records, each led by its
checksum, length and type (whole, first, middle, last). A record is a protobuf.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wandb.proto.wandb_internal_pb2 import Record

_HEADER = 7
_BLOCK = 32 * 1024
_PIECE = struct.Struct("<IHB")
_WHOLE, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


@dataclass
class WandbRun:
    run: Any = None
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    exit_code: int | None = None


def read_wandb_run(root: Path) -> WandbRun:
    """The one offline run under `root`/wandb."""
    (path,) = (root / "wandb").glob("offline-run-*/*.wandb")
    found = WandbRun()
    for record in _records(path.read_bytes()):
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


def _records(data: bytes) -> Iterator[Any]:
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
            yield Record.FromString(parts)
            parts = b""
        else:
            assert kind in (_FIRST, _MIDDLE)


def _merge(target: dict[str, Any], items: Any) -> dict[str, Any]:
    for item in items:
        *sections, last = item.nested_key or [item.key]
        section = target
        for name in sections:
            section = section.setdefault(name, {})
        section[last] = json.loads(item.value_json)
    return target
