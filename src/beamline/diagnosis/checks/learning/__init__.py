"""Learning: its settings, its curves, the weights that it made, and what more training would bring."""

from beamline.diagnosis.checks.learning import settings, curves, weights, reading, probe  # noqa: F401, I001
