"""What decides, beside a tokenizer's own files, how texts become token ids: data/prepared/tokenizer/encoding.json."""

import hashlib
from dataclasses import dataclass

from beamline.core.choices import Overflow


@dataclass(frozen=True)
class Encoding:
    """Limits, tokens and family. `prepare` writes it once, so that training and decoding agree.

    decoder_start_token_id: what a decoder with its own input reads before the first token of a summary. None if the
        model goes on from a prompt.
    forced_first_token_id: the language code that every summary begins with (mBART-50), or None.
    new_tokens: ids of the tokens that the checkpoint has never seen (speaker tags). Training starts their
        embeddings at the mean of the others.
    global_first_token: the encoder sees through a window (LED). A dialogue's first token then attends to all others,
        and they to it.
    family: the name of the model family in `models.families`. A file without it was written for a seq2seq model.
    overflow: the part that is cut of a dialogue longer than `max_source_tokens`. A file without it: the end.
    prompt: the text before and after a dialogue, with the special tokens of a chat template. None if the model reads
        the dialogue alone.
    """

    max_source_tokens: int
    max_target_tokens: int
    source_prefix: str
    pad_token_id: int
    eos_token_id: int
    decoder_start_token_id: int | None
    forced_first_token_id: int | None
    new_tokens: tuple[int, ...]
    global_first_token: bool = False
    family: str = "seq2seq"
    overflow: Overflow = "end"
    prompt: tuple[str, str] | None = None

    @property
    def prompt_digest(self) -> str | None:
        """Return 8 hexadecimal digits of the prompt, as signatures name it, or None without one."""
        if self.prompt is None:
            return None
        return hashlib.sha256("{dialogue}".join(self.prompt).encode()).hexdigest()[:8]

    @property
    def generation_tokens(self) -> dict[str, int | None]:
        """Return the tokens that steer decoding, under their names in a generation config."""
        return {
            "pad_token_id": self.pad_token_id,
            "eos_token_id": self.eos_token_id,
            "decoder_start_token_id": self.decoder_start_token_id,
            "forced_bos_token_id": self.forced_first_token_id,
        }
