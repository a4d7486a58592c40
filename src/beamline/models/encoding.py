"""What decides, beside a tokenizer's own files, how texts become token ids: data/prepared/tokenizer/encoding.json."""

from dataclasses import dataclass

from beamline.core.choices import Overflow


@dataclass(frozen=True)
class Encoding:
    """Limits, tokens and family. `prepare` writes it once, so that training and decoding agree.

    decoder_start_token_id: what the decoder reads before the first token of a summary.
    forced_first_token_id: the language code that every summary begins with (mBART-50), or None.
    new_tokens: ids of the tokens that the checkpoint has never seen (speaker tags). Training starts their
        embeddings at the mean of the others.
    global_first_token: the encoder sees through a window (LED). A dialogue's first token then attends to all others,
        and they to it.
    family: the name of the model family in `models.families`. A file without it was written for a seq2seq model.
    overflow: the part that is cut of a dialogue longer than `max_source_tokens`. A file without it: the end.
    """

    max_source_tokens: int
    max_target_tokens: int
    source_prefix: str
    pad_token_id: int
    eos_token_id: int
    decoder_start_token_id: int
    forced_first_token_id: int | None
    new_tokens: tuple[int, ...]
    global_first_token: bool = False
    family: str = "seq2seq"
    overflow: Overflow = "end"

    @property
    def generation_tokens(self) -> dict[str, int | None]:
        """Return the tokens that steer decoding, under their names in a generation config."""
        return {
            "pad_token_id": self.pad_token_id,
            "eos_token_id": self.eos_token_id,
            "decoder_start_token_id": self.decoder_start_token_id,
            "forced_bos_token_id": self.forced_first_token_id,
        }
