"""Text files as lines, whatever their encoding and compression. What is no text is named for what it is."""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from beamline.core.errors import BeamlineError

PARQUET_MARK = b"PAR1"

# What a file begins with, what that is, and what to do. Files are often downloaded or exported under another's name.
# No text begins with one of these marks, so nobody's summaries are refused.
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_NO_TEXT = (
    (b"version https://git-lfs", "a Git LFS pointer, not the data", "get the data with: git lfs pull"),
    (_GZIP, "compressed with gzip", "unpack it with: gzip -d"),
    (_ZSTD, "compressed with zstd", "unpack it with: zstd -d"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV"),
    (b"BZh91AY&SY", "compressed with bzip2", "unpack it with: bzip2 -d"),
    (b"\xfd7zXZ\x00", "compressed with xz", "unpack it with: xz -d"),
    (PARQUET_MARK + b"\x15", "a Parquet file", "give its name the ending .parquet"),
)


def read_lines(path: Path, *, unpack: bool = True) -> Iterator[str]:
    """Yield the lines of a text file with their ends, as they are needed. Only `\\n` ends a line.

    The text is UTF-8 with or without its byte order mark, or UTF-16 with its mark. unpack: whether a file compressed
    with gzip or zstd, whatever its name, is read as what it holds. If not, it is refused.

    Raises `BeamlineError` for a file that can't be read, that is cut off, that holds something else than text, that is
    not UTF-8, or that has a NUL byte.
    """
    try:
        with path.open("rb") as file:
            yield from decode_lines(_unpack(file) if unpack else file, path)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.strerror:
            raise BeamlineError(f"{path}: can't be read: {error.strerror}") from None
        raise BeamlineError(f"{path}: can't be unpacked, as it is cut off or damaged ({error}); get it again") from None


def read_head(path: Path) -> bytes:
    """Return the first bytes of a file. Raises `BeamlineError` if it can't be read."""
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError as error:
        raise BeamlineError(f"{path}: can't be read: {error.strerror or error}") from None


def refuse_other_content(head: bytes, path: Path) -> None:
    """Raise `BeamlineError` if a file that begins with `head` holds something known that is no text."""
    for mark, kind, fix in _NO_TEXT:
        if head.startswith(mark):
            raise BeamlineError(f"{path}: {kind}; {fix}")


def _unpack(file: io.BufferedReader) -> BinaryIO:
    """Return what is in a gzip or zstd file, or `file` itself.

    The content decides, and not the name: servers and people leave out `.gz`, or unpack a file and keep it.
    """
    head = file.peek(len(_ZSTD))
    if head.startswith(_GZIP):
        return io.BufferedReader(gzip.GzipFile(fileobj=file))
    if head.startswith(_ZSTD):
        import pyarrow as pa  # noqa: PLC0415  (half a second, which --help need not wait for)

        return io.BufferedReader(pa.CompressedInputStream(file, "zstd"))
    return file


def decode_lines(file: BinaryIO, path: Path) -> Iterator[str]:
    """Yield the lines of an open file, which is not compressed, as `read_lines` does. path: its name in errors."""
    assert isinstance(file, io.BufferedReader)
    head = file.peek(64)
    refuse_other_content(head, path)
    decode = _decode_utf16 if head.startswith((b"\xff\xfe", b"\xfe\xff")) else _decode_utf8
    for number, line in enumerate(decode(file, path), 1):
        if "\0" in line:
            raise BeamlineError(
                f"{path}:{number}: a NUL byte; the file is damaged or not UTF-8: save it again as UTF-8"
            )
        yield line


def _decode_utf8(file: BinaryIO, path: Path) -> Iterator[str]:
    encoding = "utf-8-sig"  # which takes the mark away, and is slower
    for number, line in enumerate(file, 1):
        try:
            yield line.decode(encoding)
        except UnicodeDecodeError as error:
            byte = error.object[error.start]
            raise BeamlineError(f"{path}:{number}: not UTF-8: byte 0x{byte:02x}; save the file as UTF-8") from None
        encoding = "utf-8"


def _decode_utf16(file: BinaryIO, path: Path) -> Iterator[str]:
    number = 0
    try:
        for line in io.TextIOWrapper(file, "utf-16", newline="\n"):
            number += 1
            yield line
    except UnicodeDecodeError as error:
        raise BeamlineError(
            f"{path}: begins as UTF-16, but is not after line {number} ({error.reason}); save the file as UTF-8"
        ) from None
