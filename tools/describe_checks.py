"""Write docs/diagnosis.md from the checks themselves: PYTHONPATH=src python tools/describe_checks.py"""

from collections.abc import Iterator
from pathlib import Path

from beamline.core.params import read_params
from beamline.diagnosis.checks import CATALOGUE, FAMILIES, Check, Explanation, Kind
from beamline.diagnosis.measures.usual_ranges import decoding_ranges, training_ranges

PAGE = Path(__file__).parents[1] / "docs" / "diagnosis.md"
INTRODUCTION = """# How the diagnosis judges

For everyone who wants to know what a verdict is based on. [Faults](faults.md) says how often it was right.

<!-- Written by tools/describe_checks.py. Change the docstrings of the checks, and run it again. -->

## Causes and suspects

Every check passes, warns or fails. There are six kinds of checks:

| kind | what it does | a failure is |
| --- | --- | --- |
| replay | Does a step of the run again, from data to score, and compares the results. The first step that differs is the cause | a cause, proved |
| count | Counts something that is wrong by itself, such as test dialogues in the training set | a cause, counted |
| intervention | Changes one thing and measures the gain: a setting, a checkpoint, a text, a few more steps of training | a cause, measured |
| comparison | Compares two sets of texts by readable features, and names the feature that tells them apart best | a suspect |
| audit | Looks for something outside its usual range | a suspect |
| symptom | Sees a consequence, which can have several causes | to be explained |

The verdict names a cause only if it is proved, counted or measured. Everything else is a suspect, and comes with the experiment
that would tell. A warning is never a cause. If something failed and there is no cause, the verdict is "cause unknown",
and lists the suspects, the strongest first. The possible causes of a symptom are other checks. Those that passed are not listed.

- **Points** are 100 × the headline score. A gain makes a cause if it is at least one point and its interval is above 0. The
  interval is a paired bootstrap, at 95 % for all 25 interventions together (Bonferroni). Settings and checkpoints are tried on a
  sample of validation. Repairs of texts and rows are tried on test. All other intervals are paired bootstraps at 95 %.
- **Order.** Causes are listed in the order metric, labels, replay, data, and then the other families. Of several replays that
  differ, the first step of the chain comes first. In the other families, what is counted comes before what is measured, and
  then more points come first. What may follow from another failure comes after it, and is only a suspect while that one is.
- **Small effects.** A small effect does not explain a large failure. If audits, comparisons or symptoms failed, too, a counted
  fault is a cause only if it costs at least one point, or if its cost is unknown. A measured gain is then a cause only if it is
  at least 5 points, and at least a quarter of the score. Two kinds of failures are ignored for this rule: those of the same
  family, and symptoms that list the check. A replay that differs is always a cause.
- **A ceiling** is the highest score that is possible with a fault. It is not a gain, and is never ranked as one.
- **A comparison** looks for features that one set of texts has more often. The features are words and pairs of words, markup and
  entities, invisible characters, beginnings and ends, words of the first and the last turn, speakers, scripts, usual words,
  lengths, and shares of capitals, digits and marks. Lengths and shares are compared at 19 thresholds. A difference counts if the
  shares of texts with the feature differ by at least 10 points (40 % and 30 %, for example), and a permutation test confirms
  it. The test takes the maximum over all features, so its error is 1 % for all of them together.
- **Time.** Work with the model stops when `diagnose.seconds` have run out. What was left out is listed as not applicable. The
  loss is replayed if its first batch shows that there is time. Predictions are always replayed, on 80 dialogues, or on fewer if
  the model is slow.

## What can't be checked

- An earlier revision (`--rev`) has no raw data, and is checked with the code of today.
- A checkpoint from elsewhere (`--model`) has no records. Its parameters and its training data are unknown, so it is not compared
  with those in the workspace.
- Trainings by older versions recorded no hashes, no loss on a sample, and no batches.
- On another device, precision, number of threads or torch version than the training's, a loss is not exactly the same. It
  passes if it differs by up to 0.2 %, and is a warning up to 2 %. Measured on three models (the default run, a model from nothing
  on DialogSum, SmolLM2-135M with adapters), another number of threads or narrower instructions moved it by at most 0.00002 %, and
  bf16 on a CPU by 0.018 %, 0.001 % and 0.069 % (`python benchmarks/loss_replay.py`). No GPU was at hand.
- A reference can have the words of its dialogue and the wrong meaning. No check sees that.
- No check can tell a model that is too small from a model that has seen too few dialogues.

## Usual settings

These ranges are for a model from nothing with the width in `params.yaml`. Warning if a value is outside its range. Failure if it
is at least twice the upper bound, or at most half the lower bound.

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
    lines += [f"| `{setting.key}` | {setting.low:g} | {setting.high:g} | {setting.source} |" for setting in ranges]
    lines += ["", "## The checks", ""]
    for family in FAMILIES:
        lines += describe_family(family)
    return "\n".join(lines).rstrip() + "\n"


def describe_family(family: str) -> Iterator[str]:
    """Yield the lines of a family of checks."""
    yield from (
        f"### {family}",
        "",
        "| check | kind | the fault it looks for | what it does |",
        "| --- | --- | --- | --- |",
    )
    for check in (check for check in CATALOGUE if check.family == family):
        yield f"| {check.title} | {check.kind.value} | {check.fault} | {describe(check)} |"
    yield ""


def describe(check: Check) -> str:
    """Return a check's docstring for a cell of a table, with possible causes."""
    text = check.summary.replace("|", "\\|")
    if check.kind is Kind.SYMPTOM:
        causes = ", ".join(name_cause(other) for other in check.may_be)
        text += f" Possible causes: {causes}."
    if check.follows:
        text += f" May follow from: {', '.join(map(name_cause, check.follows))}."
    return text


def name_cause(cause: Check | Explanation) -> str:
    """Return the title of a check in italics, or a cause without a check in words."""
    return f"*{cause.title}*" if isinstance(cause, Check) else cause.cause[0].lower() + cause.cause[1:]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
