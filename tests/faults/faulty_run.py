"""The real stages on a tiny corpus, in this process: a run to break, and what is found in it."""

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from support.marks import agree
from support.repository import ROOT, set_params

from beamline import evaluate, prepare, train
from beamline.core.files import write_json, write_jsonl
from beamline.core.records import pair_summaries
from beamline.diagnosis.collect import evidence_from_directory
from beamline.diagnosis.verdict import Result, Verdict, judge, run_checks
from beamline.encoding.prepared import read_split

MakeRun = Callable[[str], Path]  # of a language: the directory of a finished run

SETTINGS: dict[str, Any] = {
    "data.path": "data/tiny",
    "tokenizer.vocabulary_size": 500,
    "tokenizer.max_source_tokens": 192,
    "tokenizer.max_target_tokens": 64,
    "model.scratch.d_model": 64,
    "model.scratch.layers": 1,
    "model.scratch.attention_heads": 4,
    "model.scratch.ffn_dim": 128,
    "train.num_train_epochs": 14,
    "train.tokens_per_batch": 1500,
    "train.learning_rate": 0.006,
    "train.warmup_steps": 40,
    "train.keep": 2,
    "train.threads": 1,
    "evaluate.threads": 1,
    "generation.max_length": 64,
}


@dataclass(frozen=True)
class Diagnosis:
    results: list[Result]
    verdict: Verdict

    def named(self, *statuses: str) -> list[str]:
        """Names of the checks with one of these statuses."""
        return [result.check.name for result in self.results if result.finding.status.value in statuses]


def start(directory: Path, settings: dict[str, Any]) -> None:
    """params.yaml in `directory`, as it is committed but for the size and `settings`."""
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "params.yaml", directory)
    set_params(directory / "params.yaml", {**SETTINGS, **settings})


def run_stages(directory: Path, *stages: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        for stage in stages:
            {"prepare": prepare, "train": train, "evaluate": evaluate}[stage].main()


def rewrite(directory: Path, summaries: Sequence[str], references: Sequence[Sequence[str]] | None = None) -> None:
    """Other summaries, and maybe references, in place of those that were evaluated, scored as `evaluate` does."""
    run = evidence_from_directory(directory)
    assert run.predictions and run.recorded and run.params
    test = [dialogue.record for dialogue in read_split("test", directory / "data" / "prepared")]
    if references is not None:
        test = [replace(record, references=tuple(texts)) for record, texts in zip(test, references, strict=True)]
    scorer = run.scorer_with([record.references for record in test], [record.dialogue for record in test])
    result = scorer.score(summaries)
    metrics = {
        **run.recorded.rouge,
        # How each summary ended isn't known; that is left as it was.
        "test": {**run.recorded.rouge["test"], **result.means()},
        "coverage": scorer.coverage,
        "signature": scorer.signature(backend="transformers"),
    }
    write_jsonl(directory / "reports" / "predictions.jsonl", pair_summaries(test, summaries).to_rows(result.columns))
    write_json(directory / "metrics" / "rouge.json", metrics)


def diagnose(directory: Path) -> Diagnosis:
    run = evidence_from_directory(directory)
    results = run_checks(run)
    assert [result for result in results if not agree(result.finding)] == []
    return Diagnosis(results, judge(run, results))


@dataclass(frozen=True)
class Outcome:
    """How a fault was judged. named_first: by the first cause or, if there is none, the first suspect.

    wrong: the first cause is asserted and is another than the fault. proved: the right cause is asserted.
    """

    detected: bool
    named_first: bool
    proved: bool
    wrong: bool
    first: str
    headline: str


def judge_fault(directory: Path, fault: Any) -> Outcome:
    """Diagnose a run with a fault. fault: one of the catalogue's."""
    diagnosis = diagnose(directory)
    verdict = diagnosis.verdict
    first = verdict.cause if verdict.causes else verdict.suspect
    right = first in (fault.check, *fault.also) and bool(re.search(fault.says, verdict.headline))
    return Outcome(
        detected=bool(verdict.causes or verdict.suspects or verdict.symptoms),
        named_first=right,
        proved=right and bool(verdict.causes),
        wrong=bool(verdict.causes) and not right,
        first=first,
        headline=verdict.headline,
    )


def assert_named(directory: Path, fault: Any) -> None:
    """The check is the verdict's first cause or, if none is proved, its first suspect."""
    outcome = judge_fault(directory, fault)
    assert outcome.named_first, outcome
