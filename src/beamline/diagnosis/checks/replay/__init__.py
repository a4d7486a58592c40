"""Replay: does every step from data to score again, and compares. The first step that differs is the cause."""

from beamline.diagnosis.checks.replay import texts, training, predictions, files  # noqa: F401, I001
