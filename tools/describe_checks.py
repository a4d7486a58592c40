"""Write docs/diagnosis.md from the checks themselves: PYTHONPATH=src python tools/describe_checks.py"""

from collections.abc import Iterator
from pathlib import Path

from beamline.core.params import read_params
from beamline.diagnosis.checks import CATALOGUE, FAMILIES, Check, Kind
from beamline.diagnosis.measures.usual_ranges import decoding_ranges, training_ranges

PAGE = Path(__file__).parents[1] / "docs" / "diagnosis.md"
INTRODUCTION = """# How the diagnosis judges

For everyone who wants to know what a verdict rests on. [Faults](faults.md) says how often it was right.

<!-- Written by tools/describe_checks.py. Change the docstrings of the checks, and run it again. -->

## What is a cause, and what is a suspect

The verdict asserts a cause only if it is proved or measured. Everything else is a suspect, with the experiment that
would tell.

| kind | what it does | a failure is |
| --- | --- | --- |
| replay | Does a step of the run again, from data to score, and compares the results. The first that differs is the cause | a cause, proved |
| count | Counts a fact that is wrong by itself, such as test dialogues in the training set | a cause, counted |
| intervention | Changes one thing and measures the gain: a setting, a checkpoint, a text, a few more steps of training | a cause, measured |
| comparison | Compares two sets of texts by readable features, and names the one that tells them apart best | a suspect |
| audit | Looks for what is outside its usual range | a suspect |
| symptom | Sees that something is wrong, which can have several causes | seen, to be explained |

A warning is a suspect, whatever its kind. If nothing is proved or measured and something failed, the verdict is
"cause unknown", with the suspects, the best first. A symptom's possible causes are other checks: one that passed is
not listed.

- **Points** are measured gains, 100 × the headline score. A gain is a cause if it is at least one point, and if its
  interval is above 0. The interval is a paired bootstrap at 95 % for all 24 interventions together (Bonferroni).
  Settings and checkpoints are tried on a sample of validation, repairs of texts and rows where the fault is.
- **What may come first.** A link of the chain that does not hold is the cause, and of several the first. What else is
  proved or measured has to account for the failures beside it. What is counted has to cost a point, if its cost is
  known; a measured gain has to be 5 points, or a quarter of the score if that is more. Below that it is a suspect,
  unless every failure is of the same family, or a symptom that lists it.
- **A ceiling** is the highest score that a fault leaves within reach. It is no gain, and never ranked as one.
- **A comparison** looks at words and pairs of words, markup and entities, invisible characters, how texts begin and
  end, what the first and the last turn say, speakers, scripts, usual words, lengths, and shares of capitals, digits
  and marks. Each is present or not, or below one of 19 thresholds. A permutation test of the maximum holds for all
  features together at 1 %. A difference counts from 10 points of the shares.
- **Time.** Everything that needs the model stops at `diagnose.seconds`. What is left out is listed as not applicable.

## What can't be replayed

`--rev` has no raw data, and its code is today's. `--model` has nothing recorded: its parameters and its training data
are unknown, and the workspace's are not held against it. A training from before the record was written has no hash,
no loss on a sample and no batches. Where the device, the number of threads or torch's version differ from those of
the training, a loss may differ by 0.2 % without a word, and by 2 % with a warning.

The diagnosis can't see an error in what a dialogue means: a reference that says something else than its dialogue in
the same words. It can't tell a model that is too small from one that has seen too little.

## Usual settings

For a model from nothing with the width of `params.yaml`. A value outside is a warning, at twice the upper or half the
lower bound a failure.

"""  # noqa: E501


def page() -> str:
    """Return the text of docs/diagnosis.md."""
    lines = [
        INTRODUCTION.rstrip(),
        "",
        "| setting | from | to | usual values, and who uses them |",
        "| --- | ---: | ---: | --- |",
    ]
    params = read_params(PAGE.parents[1] / "params.yaml")
    changes = {"num_beams": 4, "do_sample": True}
    params = params.model_copy(update={"generation": params.generation.model_copy(update=changes)})
    ranges = (*training_ranges(params, 1850), *decoding_ranges(params))
    lines += [f"| `{each.key}` | {each.low:g} | {each.high:g} | {each.source} |" for each in ranges]
    lines += ["", "## The checks", ""]
    for family in FAMILIES:
        lines += describe_family(family)
    return "\n".join(lines).rstrip() + "\n"


def describe_family(family: str) -> Iterator[str]:
    """Yield the lines of a family of checks."""
    yield from (f"### {family}", "", "| check | kind | it fails if | what it does |", "| --- | --- | --- | --- |")
    for check in (each for each in CATALOGUE if each.family == family):
        yield f"| {check.title} | {check.kind.value} | {check.fault} | {describe(check)} |"
    yield ""


def describe(check: Check) -> str:
    """Return a check's docstring for a cell of a table and, of a symptom, what it may come from."""
    text = check.summary.replace("|", "\\|")
    if check.kind is Kind.SYMPTOM:
        causes = ", ".join(other.title if isinstance(other, Check) else other.cause for other in check.may_be)
        text += f" It may come from: {causes}."
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
