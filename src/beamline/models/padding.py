"""Rows of token ids as one tensor."""

from collections.abc import Sequence

import torch

IGNORED_LABEL = -100  # the label that torch's cross-entropy leaves out


def pad_rows(rows: Sequence[Sequence[int]], value: int, length: int) -> torch.Tensor:
    """Return [len(rows), length] int64, each row padded at its end with `value`."""
    return torch.tensor([[*row, *[value] * (length - len(row))] for row in rows], dtype=torch.int64)


def pad_rows_left(rows: Sequence[Sequence[int]], value: int, length: int) -> torch.Tensor:
    """Return [len(rows), length] int64, each row padded at its beginning with `value`."""
    return torch.tensor([[*[value] * (length - len(row)), *row] for row in rows], dtype=torch.int64)
