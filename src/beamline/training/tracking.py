"""What a run leaves for people to look at: DVCLive's curves in git, and a run in Weights & Biases if they want one."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from beamline.core.errors import BeamlineError
from beamline.core.files import refuse_link_out, replaced_directory
from beamline.core.params import Params

if TYPE_CHECKING:  # imported only in use: each costs a second; evaluate has no curves, and W&B is off by default
    import wandb
    from dvclive.live import Live

_INIT_SECONDS = 10.0  # without an answer from W&B by then, the run is recorded offline
_FINISH_SECONDS = 20.0  # what isn't uploaded by then stays on disk, for `wandb sync`

logger = logging.getLogger(__name__)


class Tracker:
    """Records one run of one stage, from the beginning of its `with` block to the end.

    curves: DVCLive's directory; None for a stage without epochs. It is replaced as a whole when the block ends without
    an error, so a failed run leaves the earlier curves beside the earlier metrics and checkpoints.
    root: where W&B's own files go, as `wandb/`: the repository's root even if the stage runs in a temporary copy.

    Raises `BeamlineError` on entry, before anything is trained, if W&B is to be online and has no key. If W&B can't be
    reached, the run is recorded on disk and a warning says so.
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
                stack.push(lambda kind, *_: _finish(run, failed=kind is not None))
            if self._curves is not None:
                from dvclive.live import Live  # noqa: PLC0415

                directory = stack.enter_context(replaced_directory(self._curves))
                self._live = Live(dir=str(directory), dvcyaml=None, save_dvc_exp=False)
            self._on_exit = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._on_exit.__exit__(kind, error, traceback)

    def log_epoch(self, epoch: int, tracked: Mapping[str, float], untracked: Mapping[str, float]) -> None:
        """Add a point at x = `epoch` to the curve of every name.

        tracked: what is equal in equal runs, for git and W&B. untracked: speeds and times, for W&B alone.
        """
        if self._live is not None:
            self._live.step = epoch
            for name, value in tracked.items():
                self._live.log_metric(name, value)
            # next_step() and end() would also signal to DVC Studio and to editors, and stage files in git.
            self._live.make_summary()  # type: ignore[no-untyped-call]
        if self._run is not None:
            with _harmless():
                self._run.log({**tracked, **untracked}, step=epoch)

    def record_final(self, values: Mapping[str, float | str]) -> None:
        """Write values into the W&B run's summary, as `final_<name>`.

        The dashboard's overview shows the summary. It has the last value of whatever is logged, and nothing of what is
        never logged.
        """
        if self._run is not None:
            with _harmless():
                self._run.summary.update({f"final_{name}": value for name, value in values.items()})

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Show `rows` as a table in the W&B run."""
        if self._run is not None:
            import wandb  # noqa: PLC0415

            with _harmless():
                self._run.log({name: wandb.Table(columns=list(columns), data=[list(row) for row in rows])})

    def _start_run(self) -> "wandb.Run":
        # wandb's telemetry sends stack traces, and delays the exit by 20 s if the network drops packets. This variable
        # is its only switch, and the process that wandb starts reads it, too.
        refuse_link_out(self._root / "wandb" / "run")
        os.environ["WANDB_ERROR_REPORTING"] = "false"
        import wandb  # noqa: PLC0415

        try:
            if self._params.tracking.wandb == "online":
                try:
                    return self._init_run("online")
                except wandb.errors.AuthenticationError:  # the key is malformed; a refused one is a CommError
                    raise
                except wandb.errors.CommError as error:
                    logger.warning("W&B can't be reached, recording offline for `wandb sync`: %s", _one_line(error))
            return self._init_run("offline")
        except wandb.errors.Error as error:
            raise BeamlineError(f"tracking: {_one_line(error)}") from None

    def _init_run(self, mode: Literal["offline", "online"]) -> "wandb.Run":
        import wandb  # noqa: PLC0415

        settings = wandb.Settings(
            mode=mode,
            root_dir=str(self._root),
            use_dot_wandb=False,
            init_timeout=_INIT_SECONDS,
            finish_timeout=_FINISH_SECONDS,
            quiet=True,  # prints the run's address only
            silent=mode == "offline",  # which has no address
            console="off",
            # Only what this object is given leaves the machine. Its name, code, git remote and packages stay.
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
        # Before init(), which looks up its server's address before it reads that it is to be offline.
        session = wandb.setup(settings)
        # Without this, wandb would take a key from ~/.netrc, or ask for one in a terminal.
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


@contextmanager
def _harmless() -> Iterator[None]:
    """Turn an error of W&B's, once a run has begun, into a warning: it mustn't end the training that it records.

    `wandb.Table`, for example, asks the server about the key again, and raises if the network has gone meanwhile.
    """
    try:
        yield
    except Exception as error:
        logger.warning("W&B: %s", _one_line(error) or type(error).__name__)


def _finish(run: "wandb.Run", *, failed: bool) -> None:
    with _harmless():
        run.finish(exit_code=int(failed))


def _one_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
