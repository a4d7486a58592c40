"""A real clone of this repository with tiny data and a tiny model, and real DVC in it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from beamline import prepare

ROOT = Path(__file__).parents[2]

TINY: dict[str, Any] = {
    "data.path": "data/tiny",
    "tokenizer.vocabulary_size": 600,
    "tokenizer.max_source_tokens": 256,
    "tokenizer.max_target_tokens": 64,
    "model.scratch.d_model": 32,
    "model.scratch.layers": 1,
    "model.scratch.attention_heads": 2,
    "model.scratch.ffn_dim": 64,
    "train.num_train_epochs": 2,
    "train.warmup_steps": 5,
    "train.keep": 2,
    "generation.max_length": 30,
}


def set_params(path: Path, values: dict[str, Any]) -> None:
    """Change values of a params.yaml by their dotted keys."""
    yaml = YAML()
    document = yaml.load(path)
    for key, value in values.items():
        *sections, last = key.split(".")
        section = document
        for name in sections:
            section = section[name]
        assert last in section, f"{key} is not in params.yaml"
        section[last] = value
    yaml.dump(document, path)


@dataclass(frozen=True)
class Repository:
    """environment: what its commands see besides this process's own, less what would steer DVC, git or W&B."""

    path: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "GIT_", "WANDB_"))},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "200",
            **self.environment,
        }

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            command, cwd=self.path, env=self._environment, capture_output=True, text=True, timeout=500, check=False
        )
        if check:
            assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}\n{result.stderr}"
        return result

    def dvc(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "dvc", *arguments, check=check)

    def start_dvc(self, *arguments: str) -> subprocess.Popen[bytes]:
        """In a session of its own, so that it can be killed with all that it has started."""
        return subprocess.Popen(
            [sys.executable, "-m", "dvc", *arguments],
            cwd=self.path,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("git", *arguments)

    def init(self) -> None:
        """An empty git repository with an identity: experiments are commits, and the machine need not have one."""
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "test")
        self.git("config", "user.email", "test@example.com")

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)

    def set(self, values: dict[str, Any]) -> None:
        set_params(self.path / "params.yaml", values)

    def read(self, path: str) -> Any:
        return json.loads((self.path / path).read_text(encoding="utf-8"))


def tiny_repository(path: Path, corpus: str = "english") -> Repository:
    """This checkout's files, the first dialogues of data/`corpus`, a tiny model; committed, nothing run yet.

    Results that are committed here (dvc.lock, metrics, plots) stay behind: they belong to other parameters.
    """
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    results = ("dvc.lock", "metrics/", "plots/", "data/english/", "data/korean/")
    for name in filter(None, listed.split("\0")):
        if not name.startswith(results) and (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, path / name)
    write_tiny_data(path, corpus, train=64, others=16)
    repository = Repository(path)
    repository.set(TINY)
    repository.init()
    repository.commit("start")
    return repository


def tiny_directory(path: Path, train: int, others: int, changes: dict[str, Any]) -> None:
    """No repository: params.yaml with a tiny model and `changes`, so many dialogues, what `prepare` makes of them."""
    write_tiny_data(path, "english", train, others)
    shutil.copy(ROOT / "params.yaml", path)
    set_params(path / "params.yaml", {**TINY, **changes})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        prepare.main()


def write_tiny_data(path: Path, corpus: str, train: int, others: int) -> None:
    tiny = path / "data" / "tiny"
    tiny.mkdir(parents=True)
    for split, count in (("train", train), ("validation", others), ("test", others)):
        lines = (ROOT / "data" / corpus / f"{split}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        (tiny / f"{split}.jsonl").write_text("".join(lines[:count]), encoding="utf-8")
