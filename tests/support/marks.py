"""Whether the mark of a row of the diagnosis, its figure and its bound agree, as a person reads them."""

import re

from beamline.diagnosis.checks import Finding, Status

_UNITS = "(?: nats| nats in training| points?| steps)?"
_BOUND = re.compile(rf"(below|above|at most|at least|exactly) (-?[\d.]+){_UNITS}")


def agree(finding: Finding) -> bool:
    """Whether the figure is on that side of a bound that the mark says, where a number alone is the bound.

    A figure that is within half a percent of it may be on either side: what is shown is rounded.
    """
    plain = _BOUND.fullmatch(re.sub(r"^(?=-?[\d.]+$)", "exactly ", finding.threshold))
    if plain is None or finding.figure is None or finding.status is Status.NOT_APPLICABLE:
        return True
    words, figure, bound = plain.group(1), finding.figure, float(plain.group(2))
    if words != "exactly" and abs(figure - bound) < 0.005 * max(abs(bound), 1e-3):
        return True
    holds = {
        "below": figure < bound,
        "above": figure > bound,
        "at most": figure <= bound,
        "at least": figure >= bound,
        "exactly": figure == bound,
    }
    return holds[words] == (finding.status is Status.PASS)
