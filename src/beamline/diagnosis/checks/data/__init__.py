"""Data: what the model learned from, and whether test measures it."""

from beamline.diagnosis.checks.data import leakage, texts, tokens, differences  # noqa: F401, I001
