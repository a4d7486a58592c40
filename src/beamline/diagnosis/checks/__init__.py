"""The diagnosis: one module (or package) for each family of checks, one function for each check.

To add a check, write it: a function in its family's module, decorated with what it needs. It is listed where it
stands in its module, and families in the order in which they are imported here: first whether the number means
anything, then what went into the model, then the model, then what came out of it, then what was written down.
"""

from beamline.diagnosis.checks import metric, data, labels, learning, decoding, baselines, reporting  # noqa: F401, I001
from beamline.diagnosis.checks.check import CATALOGUE, Check, Explanation, Finding, Status

__all__ = ["CATALOGUE", "Check", "Explanation", "Finding", "Status"]
