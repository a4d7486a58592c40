"""What travels between packages: dialogues with their references, a system's predictions, and speaker tags."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# `#Person1#` and its relatives: DialogSum's slips (`#PErson2#`, `#PersonN#`) and the placeholders of anonymized data
# (`#Address#`, `#PhoneNumber#`). A letter comes first, so that "#1 or #2#" is no tag.
SPEAKER_TAG = re.compile(r"#[^\W\d_]\w*#")


@dataclass(frozen=True)
class Dialogue:
    """One dialogue with its reference summaries, of which there is at least one. Line ends are `\\n`."""

    id: str
    dialogue: str
    references: tuple[str, ...]


@dataclass(frozen=True)
class Predictions:
    """One system's summaries of a test set with their references, row by row.

    ids, dialogues: None if the file does not hold them for every row. references: at least one text for each row.
    """

    ids: Sequence[str] | None
    dialogues: Sequence[str] | None
    references: Sequence[Sequence[str]]
    summaries: Sequence[str]

    def select(self, rows: Sequence[int]) -> "Predictions":
        """Return these rows only, in this order."""
        return Predictions(
            ids=None if self.ids is None else [self.ids[row] for row in rows],
            dialogues=None if self.dialogues is None else [self.dialogues[row] for row in rows],
            references=[self.references[row] for row in rows],
            summaries=[self.summaries[row] for row in rows],
        )

    def to_rows(self, scores: Mapping[str, npt.NDArray[np.float64]]) -> list[dict[str, object]]:
        """Return the rows of reports/predictions.jsonl.

        scores: each column, float64 [rows], 0-1. NaN, if undefined for a row, is written as null.
        """
        return [
            ({} if self.ids is None else {"id": self.ids[row]})
            | ({} if self.dialogues is None else {"dialogue": self.dialogues[row]})
            | {
                "references": list(self.references[row]),
                "summary": summary,
                "scores": {
                    name: None if math.isnan(values[row]) else float(values[row]) for name, values in scores.items()
                },
            }
            for row, summary in enumerate(self.summaries)
        ]


def pair_summaries(dialogues: Sequence[Dialogue], summaries: Sequence[str]) -> Predictions:
    """Return the predictions that `summaries` are of these dialogues, in the same order."""
    return Predictions(
        ids=[dialogue.id for dialogue in dialogues],
        dialogues=[dialogue.dialogue for dialogue in dialogues],
        references=[dialogue.references for dialogue in dialogues],
        summaries=summaries,
    )


def speaker_tags(text: str) -> list[str]:
    """Return every speaker tag in `text`, in order and with repeats."""
    return SPEAKER_TAG.findall(text)
