"""The tables of docs/faults.md: python tests/faults/table.py [catalogue|development|first-look|...]"""

import contextlib
import json
import shutil
import sys
import tempfile
import traceback
from pathlib import Path

import corpus
import faulty_run
from catalogue import CATALOGUE
from fault import Fault
from fifth_look import FIFTH_LOOK
from fourth_look import FOURTH_LOOK
from held_out import HELD_OUT
from second_look import SECOND_LOOK
from sixth_look import SIXTH_LOOK
from third_look import THIRD_LOOK
from unseen import DEVELOPMENT, SET_ASIDE

SETS = {
    "catalogue": CATALOGUE,
    "development": DEVELOPMENT,
    "first-look": (*SET_ASIDE, *HELD_OUT),
    "second-look": SECOND_LOOK,
    "third-look": THIRD_LOOK,
    "fourth-look": FOURTH_LOOK,
    "fifth-look": FIFTH_LOOK,
    "sixth-look": SIXTH_LOOK,
}


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        for name in sys.argv[1:] or SETS:
            print_table(SETS[name], Path(temporary))


def print_table(faults: tuple[Fault, ...], temporary: Path) -> None:
    """Print a row for each fault, then how many were found, named first, proved, and how many causes were wrong."""
    outcomes = []
    print("| fault | detected | named first | proved | points it cost |\n| --- | --- | --- | --- | ---: |", flush=True)
    for fault in faults:
        healthy = make_healthy(fault.language, temporary)
        faulty = temporary / "faulty"
        shutil.rmtree(faulty, ignore_errors=True)
        shutil.copytree(healthy, faulty)
        found: list[faulty_run.Outcome] = []
        try:
            silently(lambda: (fault.inject(faulty), found.append(faulty_run.judge_fault(faulty, fault))))  # noqa: B023
        except Exception:  # a fault that can't be put in is a mistake of the catalogue, and the others still count
            print(f"| {fault.name} | {traceback.format_exc().splitlines()[-1]} |", flush=True)
            continue
        [outcome] = found
        outcomes.append(outcome)
        words = ["yes" if value else "**no**" for value in (outcome.detected, outcome.named_first)]
        print(f"| {fault.name} | {' | '.join(words)} | {'yes' if outcome.proved else 'no'}", end="")
        print(f" | {score(healthy) - score(faulty):+.1f} |", flush=True)
        if not outcome.named_first:
            print(f"    {outcome.first}: {outcome.headline}", file=sys.stderr, flush=True)
    counts = [
        sum(getattr(outcome, name) for outcome in outcomes) for name in ("detected", "named_first", "proved", "wrong")
    ]
    print(f"\n{len(outcomes)} faults: {counts[0]} detected, {counts[1]} named first, {counts[2]} proved,", end=" ")
    print(f"{counts[3]} with a wrong first cause\n", flush=True)


def make_healthy(language: str, temporary: Path) -> Path:
    directory = temporary / language
    if not directory.exists():
        corpus.write(directory / "data" / "tiny", getattr(corpus, language)())
        faulty_run.start(directory, {})
        silently(lambda: faulty_run.run_stages(directory, "prepare", "train", "evaluate"))
    return directory


def score(directory: Path) -> float:
    rouge = json.loads((directory / "metrics" / "rouge.json").read_text(encoding="utf-8"))
    return 100 * float(rouge["test"]["rouge_f"])


def silently(work: object) -> None:
    with Path("/dev/null").open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        work()  # type: ignore[operator]


if __name__ == "__main__":
    main()
