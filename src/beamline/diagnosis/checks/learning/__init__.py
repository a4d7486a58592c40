"""Learning: what training did to the model, and whether what was evaluated is what was learnt."""

from beamline.diagnosis.checks.learning import curves, teacher_forcing, evaluated  # noqa: F401, I001
