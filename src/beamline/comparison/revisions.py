"""Files of a DVC experiment, branch, tag or commit, or of the workspace.

Nothing is checked out: DVC reads a revision's files from git, and its cached outputs from the cache or the remote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException, NotDvcRepoError
from dvc.repo import Repo
from dvc.scm import SCMError
from dvc_data.index import DataIndexDirError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from beamline.comparison.settings import Stages
from beamline.core.errors import BeamlineError

WORKSPACE = "workspace"
LOCK = Path("dvc.lock")


@dataclass(frozen=True)
class Revision:
    """A commit, or the workspace.

    name: as it was asked for. commit: its first 7 digits; empty for the workspace."""

    name: str
    commit: str
    files: DVCFileSystem

    def read_text(self, path: Path) -> str | None:
        """Return the text of a file; None if the revision has none, or neither the cache nor the remote has it.

        Raises `BeamlineError` for a file that can't be read.
        """
        try:
            return str(self.files.read_text(f"/{path.as_posix()}", encoding="utf-8"))
        except FileNotFoundError:
            return None
        except Exception as error:  # a remote's library raises what it likes
            raise BeamlineError(f"{self.name}: {path} can't be read: {_to_line(error)}") from None

    def read_stages(self) -> Stages:
        """Return the stages of dvc.lock, by their names: what was run. Empty if nothing was."""
        try:
            return dict((YAML(typ="safe").load(self.read_text(LOCK) or "{}") or {}).get("stages", {}))
        except (YAMLError, AttributeError, TypeError, ValueError) as error:
            raise BeamlineError(f"{self.name}: {LOCK} can't be read: {_to_line(error)}") from None

    def export(self, paths: Sequence[Path], target: Path) -> None:
        """Copy files and directories, as they were committed, tracked or cached, below `target`.

        Raises `BeamlineError` for a path that the revision does not hold.
        """
        for path in paths:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            try:
                self.files.get(f"/{path.as_posix()}", str(target / path), recursive=True)
            except (FileNotFoundError, DataIndexDirError):
                raise BeamlineError(
                    f"{self.name}: {path} is neither in git nor in the cache; get it with dvc pull, or check out and"
                    " dvc repro"
                ) from None
            except Exception as error:  # a remote's library raises what it likes
                raise BeamlineError(f"{self.name}: {path} can't be read: {_to_line(error)}") from None


def open_revision(name: str) -> Revision:
    """Return the revision of that name. Raises `BeamlineError` if there is none, or no DVC repository here."""
    try:
        # Not left to DVCFileSystem, which outside a repository looks through everything below the directory.
        with Repo() as here:
            root, remote = here.root_dir, here.config["core"].get("remote")
        # The remote of today, which an old commit may not know.
        files = DVCFileSystem(root, rev=None if name == WORKSPACE else name, remote=remote)
        commit = "" if name == WORKSPACE else files.repo.get_rev()[:7]
    except NotDvcRepoError:
        raise BeamlineError(f"{name}: no such file, and here is no DVC repository to look for a revision") from None
    except SCMError:
        raise BeamlineError(f"{name}: no such experiment, branch, tag, commit or file") from None
    except DvcException as error:
        raise BeamlineError(f"{name}: DVC can't read this revision: {_to_line(error)}") from None
    return Revision(name, commit, files)


def _to_line(error: Exception) -> str:
    return " ".join(str(error).split()) or repr(error)
