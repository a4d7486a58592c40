"""The diagnosis: one module (or package) for each family of checks, one function for each check.

To add a check, write it: a function in its family's module. The names of its parameters say what it needs. Reports list
families in the order of `FAMILIES`: first whether the number means anything, then what went into the model, then the
links of the chain, then the model, then what came out of it.
"""

from beamline.diagnosis.checks import metric, labels, replay, data, learning, decoding, texts, summaries, baselines  # noqa: F401, I001
from beamline.diagnosis.checks.check import CATALOGUE, Check, Explanation, Finding, Kind, Status

FAMILIES = ("metric", "labels", "replay", "data", "learning", "decoding", "texts", "summaries", "baselines")

__all__ = ["CATALOGUE", "FAMILIES", "Check", "Explanation", "Finding", "Kind", "Status"]
