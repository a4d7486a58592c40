"""Where the work of a training is until DVC has its results.

DVC removes a stage's outputs before it runs, and each of its temporary runs has its own directory. So unfinished work
is under the repository's root, in `.work/train-<key>`:

    checkpoint-120/        the Trainer's state after step 120; the newest two are there
    kept/epoch-003/        the checkpoints that evaluation chooses from
    unfinished/            what is being written
    finished               a copy of models/checkpoints.json, once everything is written and DVC has yet to take it

A checkpoint is written in `unfinished`, and renamed once all of it is on disk. Its progress.json has the hashes of its
files, of the kept checkpoints that it needs, and of progress.json itself, so nothing is learned from damaged files.

Some of its files are pickles (optimizer.pt, scheduler.pt, rng_state.pth), written by this program and read by it
without executing anything (`torch.load(weights_only=True)`, which is what transformers does).
"""

import hashlib
import json
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.files import clear, locked, refuse_link, sync, sync_entry, to_json, write_json, write_text, writing
from beamline.core.params import Params
from beamline.models.checkpoint import fingerprint

CPU = Path("/proc/cpuinfo")
CODE = (
    "__init__.py",
    "core",
    "encoding",
    "models",
    "train.py",
    "training",
)  # under src/beamline: the dependencies of `train` in dvc.yaml
PROGRESS = "progress.json"
SAVED = 2  # checkpoints; the older one is for when the newer one is damaged


class Work:
    """The directory of one unfinished training."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.unfinished = directory / "unfinished"
        self.kept = directory / "kept"
        self.finished = directory / "finished"
        self._kept_files: dict[str, str] = {}  # fingerprints, taken once

    @contextmanager
    def held(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Keep other processes out, and clear what a killed one left half-written.

        waiting: called if another process trains the same, as two workers of a queue may. The second one waits, and
        then goes on from the last step of the first.
        """
        with writing(self.directory), locked(self.directory, waiting):
            self.finished.unlink(missing_ok=True)
            clear(self.unfinished)
            refuse_link(self.kept)
            self.kept.mkdir(exist_ok=True)
            yield

    def checkpoints(self) -> list[Path]:
        """Return the saved checkpoints, the newest first."""
        found = self.directory.glob("checkpoint-*")
        return sorted(found, key=lambda path: int(path.name.split("-")[1]), reverse=True)

    def newest(self) -> Path | None:
        """Return the newest whole checkpoint, and delete newer ones that are damaged."""
        for path in self.checkpoints():
            if self._is_whole(path):
                return path
            self._delete(path)
        return None

    def add(self, step: int, progress: dict[str, Any]) -> None:
        """Make what the Trainer has written for `step` in `unfinished` the newest checkpoint."""
        written = self.unfinished / f"checkpoint-{step}"
        names = [checkpoint["name"] for checkpoint in progress["kept"]]
        for name in names:
            if name not in self._kept_files:
                self._kept_files[name] = fingerprint(self.kept / name)
        kept_files = {name: self._kept_files[name] for name in names}
        progress = {**progress, "files": digests(written), "kept_files": kept_files}
        write_json(written / PROGRESS, {**progress, "digest": digest(progress)})
        sync(written)
        written.rename(self.directory / written.name)
        sync_entry(self.directory)
        for path in self.checkpoints()[SAVED:]:
            self._delete(path)
        needed = {kept["name"] for path in self.checkpoints() for kept in read_progress(path)["kept"]}
        for path in self.kept.iterdir():
            if path.name not in needed:
                self._delete(path)

    def finish(self, models: Path) -> None:
        """Note that all outputs have been written.

        Until DVC has them, a kill makes the training run once more, and it then goes on from its last step.
        models: the directory that has the checkpoints.
        """
        write_text(self.finished, _listed(models))

    def _delete(self, path: Path) -> None:
        doomed = path.rename(self.unfinished / f"{path.name}.deleted")
        shutil.rmtree(doomed, ignore_errors=True)

    def _is_whole(self, checkpoint: Path) -> bool:
        try:
            progress = read_progress(checkpoint)
            return (
                progress.pop("digest") == digest(progress)
                and progress["files"] == digests(checkpoint)
                and all(fingerprint(self.kept / name) == found for name, found in progress["kept_files"].items())
            )
        except (OSError, ValueError, KeyError):
            return False


def digest(progress: dict[str, Any]) -> str:
    """Return the SHA-256 of a progress.json without its own digest."""
    return hashlib.sha256(to_json(progress).encode()).hexdigest()


def digests(checkpoint: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a checkpoint, except its progress.json."""
    digests = {}
    for path in sorted(checkpoint.iterdir()):
        if path.name != PROGRESS:
            with path.open("rb") as file:
                digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def read_progress(checkpoint: Path) -> dict[str, Any]:
    """Return the progress.json of a checkpoint. Raises `OSError` or `ValueError` if it can't be read."""
    progress: dict[str, Any] = json.loads((checkpoint / PROGRESS).read_text(encoding="utf-8"))
    return progress


def remove_finished(root: Path, models: Path) -> None:
    """Delete the work of the training that wrote `models`, unless that training is running again.

    It is known by what it wrote, as its key changes with the code. Other trainings may have finished a moment ago, in
    another worker of a queue, and DVC may not have their results yet.
    """
    for finished in (root / paths.WORK).glob("train-*/finished"):
        with (
            suppress(BeamlineError, FileNotFoundError, UnicodeDecodeError),
            writing(finished.parent),
            locked(finished.parent),
        ):
            if finished.read_text(encoding="utf-8") == _listed(models):
                # A kill in between is harmless: a checkpoint that is still whole leads to the same results.
                shutil.rmtree(finished.parent, ignore_errors=True)


def _listed(models: Path) -> str:
    """Return the list of kept checkpoints, whose losses distinguish a training from others."""
    return (models / paths.CHECKPOINTS.name).read_text(encoding="utf-8")


def work_directory(root: Path, params: Params, prepared: Path) -> Path:
    """Return where a training keeps its unfinished work: settings, data, code, libraries and device decide.

    Every module under `CODE` counts. Resuming the work of other code by mistake costs more than training again.
    """
    determining = {
        "params": params.model_dump(include={"seed", "padding", "model", "train"}, exclude={"train": {"save_seconds"}}),
        "prepared": fingerprint(prepared),
        "code": [hashlib.sha256(path.read_bytes()).hexdigest() for path in find_training_code()],
        "libraries": {name: version(name) for name in ("torch", "transformers", "accelerate", "peft", "numpy")},
        "python": platform.python_version(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else processor(),
    }
    key = hashlib.sha256(json.dumps(determining, sort_keys=True).encode()).hexdigest()[:16]
    return root / paths.WORK / f"train-{key}"


def find_training_code() -> list[Path]:
    """Return the modules under `CODE`, sorted by path."""
    package = Path(__file__).parents[1]
    places = [package / name for name in CODE]
    return sorted(path for place in places for path in (place.rglob("*.py") if place.is_dir() else [place]))


def processor() -> str:
    """Return the CPU's name, if the system tells, and the instructions that torch uses: both decide the last digits."""
    names = [line.partition(":")[2].strip() for line in _lines(CPU) if line.startswith("model name")]
    return " ".join([platform.machine(), *names[:1], torch.backends.cpu.get_cpu_capability()])


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
