"""Beamline: reproducible dialogue-summarization experiments whose ROUGE can be trusted."""

__version__ = "0.1.0"
