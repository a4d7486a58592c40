"""The checks of the diagnosis: a module (or package) for each family, and a function for each check.

To add a check, write a function in the module of its family. The names of its parameters say what it needs. `FAMILIES`
is the order of families in reports: first whether the score means anything, then the input of the model, the links of
the chain, the model, and its output.
"""

from beamline.diagnosis.checks import metric, labels, replay, data, learning, decoding, texts, summaries, baselines  # noqa: F401, I001
from beamline.diagnosis.checks.check import CATALOGUE, Check, Explanation, Finding, Kind, Status

FAMILIES = ("metric", "labels", "replay", "data", "learning", "decoding", "texts", "summaries", "baselines")

__all__ = ["CATALOGUE", "FAMILIES", "Check", "Explanation", "Finding", "Kind", "Status"]
