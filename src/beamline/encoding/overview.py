"""What `prepare` says at its end: a table of the splits, and warnings before a training costs anything."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from rich import box
from rich.table import Table

from beamline.encoding.statistics import SplitStatistics
from beamline.models.encoding import Encoding

_MANY = 0.05  # share of texts that are cut, from where on it is a warning


def split_table(splits: Mapping[str, SplitStatistics]) -> Table:
    """Return a table of the splits: how many dialogues, how long they and their summaries are, and who speaks."""
    table = Table(
        box=box.SIMPLE, padding=(0, 1, 0, 0), title="data/prepared", title_justify="left", caption_justify="left"
    )
    table.caption = "tokens: half of the texts have at most so many, 95 % of them, all of them"
    for name in ("split", "dialogues", "repeated", "tokens", "summaries", "tokens", "speakers"):
        table.add_column(name, justify="left" if name == "split" else "right", no_wrap=True)
    for name, split in splits.items():
        table.add_row(
            name,
            f"{len(split.source_lengths):,}",
            f"{split.repeated:,}",
            _lengths(split.source_lengths),
            f"{len(split.target_lengths):,}",
            _lengths(split.target_lengths),
            f"{len(split.speakers.turns):,}",
        )
    return table


def find_warnings(
    splits: Mapping[str, SplitStatistics], encoding: Encoding, positions: tuple[int | None, int | None]
) -> Iterator[str]:
    """Yield what a training would suffer from, with numbers. positions: the most that the model takes, if limited.

    Every twentieth dialogue or summary that is cut is a warning, and so are dialogues that are there twice.
    """
    sources: list[int] = []
    targets: list[int] = []
    for split in splits.values():
        sources += split.source_lengths
        targets += split.target_lengths
    yield from _advise("tokenizer.max_source_tokens", "dialogues", sources, encoding.max_source_tokens, positions[0])
    yield from _advise("tokenizer.max_target_tokens", "summaries", targets, encoding.max_target_tokens, positions[1])
    for name, split in splits.items():
        if split.repeated:
            count = len(split.source_lengths)
            yield f"{split.repeated:,} of {count:,} {name} dialogues are there already; keep one of each in data.path"


def _advise(key: str, texts: str, lengths: Sequence[int], limit: int, most: int | None) -> Iterator[str]:
    cut = sum(length > limit for length in lengths)
    if cut <= _MANY * len(lengths):
        return
    half, nearly_all = np.percentile(lengths, [50, 95], method="higher").tolist()
    room = [f"{half:,} is room for half of them"] if half > limit else []
    room += [f"{nearly_all:,} for 95 %"] if room else [f"{nearly_all:,} is room for 95 % of them"]
    room += [f"this model takes at most {most:,}"] if most is not None else []
    yield f"{key}: {limit:,} cuts {cut:,} of {len(lengths):,} {texts}; {', '.join(room)}"


def _lengths(lengths: Sequence[int]) -> str:
    if not lengths:
        return "–"
    middle, high = np.percentile(lengths, [50, 95], method="higher").tolist()
    return f"{middle:,}\n{high:,}\n{max(lengths):,}"  # one below the other: meetings have 20,000 tokens
