"""The one W&B run that a test has made."""

from pathlib import Path

from beamline.diagnosis.wandb_records import TrackedRun, read_tracked_run, run_files


def read_wandb_run(root: Path) -> TrackedRun:
    """The one offline run under `root`/wandb."""
    (path,) = [each for each in run_files(root) if each.parent.name.startswith("offline-run-")]
    return read_tracked_run(path)
