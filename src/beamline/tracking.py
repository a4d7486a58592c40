"""What a run leaves for people to look at: DVCLive's curves in git, and a run in Weights & Biases, if one is wanted."""

import importlib
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from beamline.errors import BeamlineError
from beamline.files import replaced_directory
from beamline.params import Params

if TYPE_CHECKING:
    import wandb
    from dvclive import Live

_INIT_SECONDS = 10.0  # without an answer from W&B in this time, the run is recorded offline
_FINISH_SECONDS = 30.0  # what isn't uploaded by then stays on disk, for `wandb sync`

logger = logging.getLogger(__name__)


class Tracker:
    """Records one run of one stage, from `with` to the end of its block.

    curves: DVCLive's directory, None for a stage that has no epochs. It is replaced as a whole when the block ends
    without an error, so that a failed run leaves the earlier curves beside the earlier metrics and checkpoints.
    root: where W&B's own files go, as `wandb/`: the repository's root even if the stage runs in a temporary copy.

    Raises `BeamlineError` on entry, before anything is trained, where W&B is to be online and has no key. An
    unreachable W&B is not an error: the run is recorded on disk, a warning says so.
    """

    def __init__(self, params: Params, *, stage: str, experiment: str, root: Path, curves: Path | None) -> None:
        self._params = params
        self._stage = stage
        self._experiment = experiment
        self._root = root
        self._curves = curves
        self._live: Live | None = None
        self._run: wandb.Run | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if self._params.tracking.wandb != "disabled":
                self._run = run = self._start_run()
                stack.push(lambda kind, *_: run.finish(exit_code=0 if kind is None else 1))
            if self._curves is not None:
                self._live = _start_curves(stack.enter_context(replaced_directory(self._curves)))
            self._on_exit = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._on_exit.__exit__(kind, error, traceback)

    def log_epoch(self, epoch: int, tracked: Mapping[str, float], untracked: Mapping[str, float]) -> None:
        """Add a point, at x = `epoch`, to the curve of every name.

        tracked: what is equal in equal runs; goes to git. untracked: speeds and times; goes to W&B alone.
        """
        if self._live is not None:
            self._live.step = epoch
            for name, value in tracked.items():
                self._live.log_metric(name, value)
            # Not next_step() or end(): these also signal to DVC Studio and editors, and stage files in git.
            self._live.make_summary()
        if self._run is not None:
            self._run.log({**tracked, **untracked}, step=epoch)

    def summarize(self, values: Mapping[str, float | str]) -> None:
        """Write `final_<name>` into the W&B run's summary.

        Explicitly: what is only logged shows there as the last value that happened to be logged, or not at all.
        """
        if self._run is not None:
            self._run.summary.update({f"final_{name}": value for name, value in values.items()})

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Show `rows` as a W&B table."""
        if self._run is not None:
            wandb = importlib.import_module("wandb")
            self._run.log({name: wandb.Table(columns=list(columns), data=[list(row) for row in rows])})

    def _start_run(self) -> "wandb.Run":
        # W&B's own telemetry sends stack traces, and holds up the exit where the network swallows packets. Its one
        # switch is this variable, read when wandb is imported and by the process that wandb starts.
        os.environ["WANDB_ERROR_REPORTING"] = "false"
        wandb = importlib.import_module("wandb")
        if self._params.tracking.wandb == "offline":
            return self._init_run("offline")
        try:
            return self._init_run("online")
        except wandb.errors.AuthenticationError as error:
            raise BeamlineError(f"tracking.wandb: online: {_first_line(error)}") from None
        except wandb.errors.CommError as error:
            logger.warning("W&B can't be reached (%s): recording offline; later: wandb sync", _first_line(error))
            return self._init_run("offline")

    def _init_run(self, mode: "Literal['offline', 'online']") -> "wandb.Run":
        wandb = importlib.import_module("wandb")
        settings = wandb.Settings(
            mode=mode,
            root_dir=str(self._root),
            use_dot_wandb=False,
            init_timeout=_INIT_SECONDS,
            finish_timeout=_FINISH_SECONDS,
            quiet=True,  # of what wandb prints, only the run's address is left,
            silent=mode == "offline",  # where it has one
            console="off",
            # Only what this object is given leaves the machine: not its name, its code, its git remote, its packages.
            host="",
            save_code=False,
            disable_code=True,
            disable_git=True,
            label_disable=True,
            x_disable_meta=True,
            x_disable_stats=True,
            x_disable_machine_info=True,
            x_save_requirements=False,
        )
        # The settings given to init alone come too late: before it reads them, wandb looks up its server's address.
        session = wandb.setup(settings)
        # Checked here, as wandb itself would prompt for a key where there is a terminal, or take one from ~/.netrc.
        if mode == "online" and not (session.settings.api_key or session.settings.identity_token_file):
            raise BeamlineError("tracking.wandb: online needs a key in WANDB_API_KEY; or set it to offline or disabled")
        return wandb.init(
            project=self._params.tracking.project,
            group=self._experiment,
            job_type=self._stage,
            name=f"{self._experiment}-{self._stage}",
            config=self._params.model_dump(mode="json"),
            settings=settings,
        )


def _start_curves(directory: Path) -> "Live":
    """DVCLive in a stage of a pipeline: it writes tables and nothing else, and leaves dvc.yaml and git to DVC."""
    from dvclive import Live

    return Live(dir=str(directory), dvcyaml=None, save_dvc_exp=False)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
