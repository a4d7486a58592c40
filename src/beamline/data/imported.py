"""What an import wrote, as lines for people, with the command that comes next."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LEFT_OUT = "left_out.txt"


@dataclass(frozen=True)
class ImportedSplit:
    """A split that was written. part: what it is from. columns: those that were taken, by role."""

    part: str
    dialogues: int
    columns: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Imported:
    """What was written, and what was not.

    left_out: by part, the number of records for each reason. leaks: a line for each two splits that have dialogues in
    common. leaking: whether test dialogues are in train. license: as the hub says, or None.
    """

    splits: Mapping[str, ImportedSplit]
    left_out: Mapping[str, Mapping[str, int]]
    leaks: Sequence[str]
    leaking: bool
    license: object

    def describe(self, directory: Path) -> Iterator[str]:
        """Yield the lines: each split, what was left out and why, what to know, and the next command."""
        for name, split in self.splits.items():
            taken = ", ".join(column for columns in split.columns.values() for column in columns)
            missing = "" if split.columns["summary"] else ", without summaries: a model's are written, and not scored"
            yield f"{directory / name}.jsonl: {split.dialogues} dialogues of {split.part} ({taken}){missing}"
        for part, reasons in self.left_out.items():
            counted = ", ".join(f"{count} because {reason}" for reason, count in reasons.items())
            yield f"left out of {part}: {counted}; all listed in {directory / LEFT_OUT}"
        for line in self.leaks:
            yield f"warning: {line}"
        if self.license is not None:
            yield f"license: {self.license}"
        yield f"next: {next_command(directory, self.leaking)}"


def next_command(directory: Path, leaking: bool) -> str:
    """Return the shell command that runs an experiment on an imported directory.

    leaking: whether test dialogues are in train, so that prepare has to drop these. DVC keeps a directory in the
    repository. One outside of it needs an absolute path, because experiments may run in another directory.
    """
    here = Path.cwd().resolve()
    root = next((place for place in (here, *here.parents) if (place / ".dvc").is_dir()), here)
    target = directory.resolve()
    inside = target.is_relative_to(root)
    path = str(target.relative_to(root) if inside else target)
    # Hydra, which reads -S, wants quotes around other characters.
    value = path if re.fullmatch(r"[A-Za-z0-9_./-]+", path) else "'" + path.replace("'", r"\'") + "'"
    run = ["dvc", "exp", "run", "-S", f"data.path={value}", *(["-S", "data.leakage=drop"] if leaking else [])]
    commands = [["dvc", "add", path]] if inside else []
    if root != here:
        commands.insert(0, ["cd", str(root)])
    return " && ".join(shlex.join(command) for command in [*commands, run])
