"""Settings of training that are outside the usual range for a model of this kind and size."""

from beamline.core.params import Params
from beamline.diagnosis.checks.check import Finding, Kind, check, judge_ranges
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.usual_ranges import training_ranges
from beamline.diagnosis.recorded import Recorded


@check(Kind.AUDIT, "A setting of training is outside its usual range")
def unusual_settings(run: Evidence, params: Params, kept: object, recorded: Recorded | None = None) -> Finding:
    """Compares settings of training with the ranges that papers and published checkpoints use.

    Warning if a setting is outside its range. Failure if it is twice the upper bound or more, or half the lower bound
    or less. docs/diagnosis.md lists the ranges with their sources.
    """
    return judge_ranges(training_ranges(params, None if recorded is None else recorded.train.get("steps")))
