"""Texts cut to what fits into a sentence."""

_LENGTH = 60  # characters


def shorten(text: str, length: int = _LENGTH) -> str:
    """Return the text on one line, cut to `length` characters with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 3]}..."
