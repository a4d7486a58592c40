"""docs/faults.md's catalogue of faults, as measured: PYTHONPATH=tests python tests/faults/table.py"""

import contextlib
import json
import shutil
import tempfile
from pathlib import Path

import corpus
import faulty_run
from catalogue import DATA, DECODING, LABELS, LEARNING, METRIC, Fault


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        healthy = {language: Path(temporary) / language for language in ("english", "korean")}
        for language, directory in healthy.items():
            corpus.write(directory / "data" / "tiny", getattr(corpus, language)())
            faulty_run.start(directory, {})
            silently(lambda directory=directory: faulty_run.run_stages(directory, "prepare", "train", "evaluate"))
        print(", ".join(f"{language}: rouge_f {score(directory):.1f}" for language, directory in healthy.items()))
        print("\n| fault | found | named first | ROUGE points it cost |\n| --- | --- | --- | ---: |", flush=True)
        for fault in (*METRIC, *DATA, *LABELS, *LEARNING, *DECODING):
            print(row(fault, healthy[fault.language], Path(temporary) / "faulty"), flush=True)


def row(fault: Fault, healthy: Path, faulty: Path) -> str:
    shutil.rmtree(faulty, ignore_errors=True)
    shutil.copytree(healthy, faulty)
    diagnoses: list[faulty_run.Diagnosis] = []
    silently(lambda: (fault.inject(faulty), diagnoses.append(faulty_run.diagnose(faulty))))
    found = "yes" if fault.check in diagnoses[0].named("failure") else "**no**"
    causes = diagnoses[0].verdict.causes
    named = causes[0].check.title if causes and causes[0].check.name == fault.check else "**no**"
    return f"| {fault.name} | {found} | {named} | {score(healthy) - score(faulty):+.1f} |"


def score(directory: Path) -> float:
    rouge = json.loads((directory / "metrics" / "rouge.json").read_text(encoding="utf-8"))
    return 100 * float(rouge["test"]["rouge_f"])


def silently(work: object) -> None:
    with Path("/dev/null").open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        work()  # type: ignore[operator]


if __name__ == "__main__":
    main()
