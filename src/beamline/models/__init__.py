"""Pretrained checkpoints and models with random weights."""
