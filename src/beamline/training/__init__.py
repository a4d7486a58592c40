"""Batches, loss, the Trainer, and going on after an interruption."""
