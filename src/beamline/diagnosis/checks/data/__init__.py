"""Data: what the model was given to learn from, and whether test is a test of it."""

from beamline.diagnosis.checks.data import leakage, texts, tokens, differences  # noqa: F401, I001
