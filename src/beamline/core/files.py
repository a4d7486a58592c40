"""Writing so that a reader, or a run after a failed one, never finds half of an output."""

import errno
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from beamline.core.errors import BeamlineError

# A full disk or quota, a limit on the size of files, a read-only disk or file, something else in its place, a bad disk.
REFUSALS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}
    | {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EIO}
)


@contextmanager
def replaced_directory(directory: Path) -> Iterator[Path]:
    """Give a new, empty directory beside `directory` that takes its place when the block ends without an error.

    The old one is renamed aside before the new one is renamed in, so one of them is whole on disk at every moment. If
    the process is killed between the two, the next one puts the old one back. If the user made `directory` a link, all
    of this happens where it leads.

    Raises `BeamlineError` if another process is writing the same directory, and if it can't be written.
    """
    directory = follow_link(directory)
    unfinished = _unfinished(directory)
    previous = directory.with_name(f"{directory.name}.previous")
    refuse_link(previous)
    with writing(unfinished), locked(unfinished):
        if previous.exists() and not directory.exists():
            previous.rename(directory)
        if previous.exists():
            shutil.rmtree(previous)
        clear(unfinished)
        try:
            yield unfinished
            sync(unfinished)
            if directory.exists():
                directory.rename(previous)
            unfinished.rename(directory)
        except BaseException:
            if previous.exists() and not directory.exists():
                previous.rename(directory)
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        sync_entry(directory.parent)
        shutil.rmtree(previous, ignore_errors=True)


@contextmanager
def unreplaced(directory: Path) -> Iterator[None]:
    """Keep other processes from replacing `directory`, and from entering a block like this, as long as this lasts.

    Raises `BeamlineError` if one of them is doing so.
    """
    unfinished = _unfinished(follow_link(directory))
    with writing(unfinished):
        descriptor = _lock(unfinished, None)
    try:
        yield
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        os.close(descriptor)


@contextmanager
def locked(directory: Path, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold `directory`, made if there is none, for this process alone. The system lets go when the process ends.

    waiting: called once if another process holds it, before waiting for that one. Without it, a `BeamlineError` is
    raised.
    """
    descriptor = _lock(directory, waiting)
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system refuses in this block (a full disk, a read-only file) into a `BeamlineError` with the path.

    A link that came with the repository and leads `path` out of it is refused, too.
    """
    refuse_link_out(path)
    try:
        yield
    except SafetensorError as error:
        place, reason = path, str(error)
    except shutil.Error as error:  # copying several files: for each its source, its target and what went wrong
        place, reason = error.args[0][0][1:]
    except OSError as error:
        if error.errno not in REFUSALS:
            raise
        place, reason = error.filename or path, os.strerror(error.errno)
    else:
        return
    raise BeamlineError(f"{place}: can't be written ({reason}); make room or make it writable, then run again")


def refuse_link_out(path: Path) -> None:
    """Raise `BeamlineError` if a link that came with the repository leads the way to `path` out of it.

    A repository from elsewhere must not be able to write elsewhere. A link that the user made, to a larger disk for
    instance, is followed: git doesn't track it. If git can't tell, the link is refused.
    """
    lexical, parent = Path(os.path.abspath(path)), path.parent.resolve()  # noqa: PTH100 -- resolve() follows the links
    for root in (Path.cwd(), Path(os.environ.get("DVC_ROOT", ".")).absolute()):
        if lexical.is_relative_to(root) and not parent.is_relative_to(root.resolve()):
            # The outermost link decides, as git tracks nothing beyond a link.
            on_the_way = [place for place in reversed(lexical.parents) if place.is_relative_to(root) and place != root]
            _refuse_tracked(next(place for place in on_the_way if place.is_symlink()))


def follow_link(directory: Path) -> Path:
    """Return where `directory` is: what it links to if the user made it a link, itself if it is none.

    Raises `BeamlineError` for a link that came with the repository.
    """
    if not directory.is_symlink():
        return directory
    _refuse_tracked(directory)
    return directory.resolve()


def _refuse_tracked(link: Path) -> None:
    command = ["git", "-C", str(link.parent), "ls-files", "--cached", "--", link.name]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=False)
        found, unknown = listed.stdout, listed.stderr
    except OSError as error:
        found, unknown = "", str(error)
    if unknown:
        reason = f"and git can't tell who made it ({unknown.strip().splitlines()[0]})"
    elif found:
        reason = "which came with the repository's files"
    else:
        return
    place = link.relative_to(Path.cwd()) if link.is_relative_to(Path.cwd()) else link
    raise BeamlineError(f"{place}: a symbolic link, {reason}; remove it, as it would take outputs elsewhere")


def refuse_link(path: Path) -> None:
    """Raise `BeamlineError` if `path`, which only this program makes, is a symbolic link."""
    if path.is_symlink():
        raise BeamlineError(f"{path}: a symbolic link, which would take outputs elsewhere; remove it")


def clear(directory: Path) -> None:
    """Delete what is in `directory`, and make it if there is none."""
    refuse_link(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _lock(directory: Path, waiting: Callable[[], None] | None) -> int:
    """Return the descriptor that holds the lock until it is closed."""
    refuse_link(directory)
    while True:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting is None:
                os.close(descriptor)
                raise BeamlineError(
                    f"{directory}: another process is at work here; wait until it ends, or end it, then run again"
                ) from None
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Its holder may have renamed or removed it meanwhile. Then this is a lock on something else.
        if directory.exists() and os.path.samestat(os.fstat(descriptor), directory.stat()):
            return descriptor
        os.close(descriptor)


def sync(directory: Path) -> None:
    """Wait until everything in `directory` is on disk. If not, a power cut may keep a rename and lose its files."""
    for path in [*directory.rglob("*"), directory]:
        sync_entry(path)


def sync_entry(path: Path) -> None:
    """Wait until the file, or the directory's list of names, is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def replaced_texts() -> Iterator[Callable[[Path, str], None]]:
    """Give a function that writes a text beside its path; all texts take their places when the block ends.

    Each file is the old one or the new one, whole, at every moment. If the block ends with an error, or a text can't be
    written, all stay the old ones. The function raises `BeamlineError` if a text can't be written.
    """
    with ExitStack() as removed:
        written = []

        def write(path: Path, text: str) -> None:
            unfinished = _unfinished(path)
            with writing(path):
                if path.is_dir():  # a rename would fail, too, but after earlier ones are done
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
                path.parent.mkdir(parents=True, exist_ok=True)
                unfinished.unlink(missing_ok=True)
                removed.callback(unfinished.unlink, missing_ok=True)
                with unfinished.open("x", encoding="utf-8", newline="\n") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
            written.append(path)

        yield write
        for path in written:
            with writing(path):
                _unfinished(path).replace(path)


def write_texts(texts: Mapping[Path, str]) -> None:
    """Write all of `texts`, as `replaced_texts` does."""
    with replaced_texts() as write:
        for path, text in texts.items():
            write(path, text)


def _unfinished(path: Path) -> Path:
    return path.with_name(f"{path.name}.unfinished")


def write_text(path: Path, text: str) -> None:
    """Write one text, as `write_texts` does."""
    write_texts({path: text})


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON, as `write_texts` does."""
    write_text(path, to_json(value))


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write a line of JSON for each row, as `write_texts` does."""
    write_text(path, to_jsonl(rows))


def to_json(value: Any) -> str:
    """Return `value` as indented JSON with a line end."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def to_jsonl(rows: list[dict[str, Any]]) -> str:
    """Return a line of JSON for each row."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
