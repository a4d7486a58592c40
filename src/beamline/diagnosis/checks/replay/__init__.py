"""Replay: every link of the chain from data to score, done again. The first that doesn't hold is the cause."""

from beamline.diagnosis.checks.replay import texts, training, predictions, files  # noqa: F401, I001
