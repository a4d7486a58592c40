"""What travels between packages: a dialogue with its references, and the tags that name its speakers."""

import re
from dataclasses import dataclass

# `#Person1#` and its relatives: DialogSum's slips (`#PErson2#`, `#PersonN#`) and the placeholders of anonymized data
# (`#Address#`, `#PhoneNumber#`). A letter comes first, so that "#1 or #2#" is no tag.
SPEAKER_TAG = re.compile(r"#[^\W\d_]\w*#")


@dataclass(frozen=True)
class Dialogue:
    """One dialogue with its reference summaries, of which there is at least one. Line ends are `\\n`."""

    id: str
    dialogue: str
    references: tuple[str, ...]


def speaker_tags(text: str) -> list[str]:
    """Return every speaker tag in `text`, in order and with repeats."""
    return SPEAKER_TAG.findall(text)
