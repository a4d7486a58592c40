"""A published or saved checkpoint at a pinned revision: its config and tokenizer. `weights.py` reads its weights.

Code that comes with a checkpoint is never executed.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import constants
from huggingface_hub.errors import LocalEntryNotFoundError
from transformers import AutoConfig, AutoTokenizer, GenerationConfig, PreTrainedConfig, PreTrainedTokenizerBase

from beamline.core.errors import BeamlineError
from beamline.models import smollm2


@dataclass(frozen=True)
class Checkpoint:
    """A hub id at a commit, or a local directory at the fingerprint of its files. `smollm2.NAME` is such a directory.

    A name alone is not reproducible: a hub's branch moves and a directory is overwritten. Raises `BeamlineError` if
    the revision is missing or differs.
    """

    name: str
    revision: str | None

    def __post_init__(self) -> None:
        if self.name == smollm2.NAME:
            object.__setattr__(self, "name", str(smollm2.find_converted()))
        pinned = self.revision is not None and re.fullmatch("[0-9a-f]{40}", self.revision)
        if not self.is_local:
            if self.name.startswith(("/", ".", "~")) or self.name.count("/") > 1:
                raise BeamlineError(
                    f"model.name: {self.name}: no such directory; expected the directory of a checkpoint,"
                    " or an id on the hub such as facebook/bart-base"
                )
            if not pinned:
                raise BeamlineError(
                    f"model.revision: expected the 40-digit commit of {self.name} on the hub (branches move; the "
                    f"commit is on its 'Files' page), found {self.revision!r}"
                    f"{'' if '/' in self.name else f'; if {self.name} is meant as a directory, there is none'}"
                )
            return
        if not (Path(self.name) / "config.json").is_file():
            raise BeamlineError(f"model.name: {self.name} holds no config.json, so it is not a checkpoint")
        try:
            found = fingerprint(Path(self.name))
        except OSError as error:
            raise BeamlineError(
                f"model.name: {error.filename or self.name}: can't be read ({error.strerror})"
            ) from None
        if self.revision != found:
            problem = f"{self.name} is pinned to {self.revision} but its files changed"
            if self.revision is None:
                problem = f"{self.name} is not pinned"
            elif not pinned:
                problem = f"that of a directory is its fingerprint, found {self.revision!r} for {self.name}"
            raise BeamlineError(f"model.revision: {problem}; to use it as it is now: -S model.revision={found}")

    @property
    def is_local(self) -> bool:
        """Return whether the name is a directory here."""
        return Path(self.name).is_dir()

    def config(self) -> PreTrainedConfig:
        """Return the checkpoint's config. Raises `BeamlineError` if it can't be loaded."""
        return self._load(AutoConfig)

    def tokenizer(self, language: str | None) -> PreTrainedTokenizerBase:
        """Return the checkpoint's tokenizer.

        language: the code that a multilingual tokenizer marks both sides with.
        """
        tokenizer = self._load(AutoTokenizer)
        if language is not None:
            if tokenizer.convert_tokens_to_ids(language) in (None, tokenizer.unk_token_id):
                raise BeamlineError(f"tokenizer.language: {self.name} has no language code {language!r}")
            tokenizer = self._load(AutoTokenizer, src_lang=language, tgt_lang=language)
        elif getattr(tokenizer, "lang_code_to_id", None) or hasattr(tokenizer, "tgt_lang"):
            raise BeamlineError(
                f"tokenizer.language: {self.name} is multilingual; name its code, such as en_XX or ko_KR"
            )
        return tokenizer

    def decoder_start_token_id(self) -> int | None:
        """Return the token that the decoder starts with by the generation config or the config, or None."""
        for kind in (GenerationConfig, AutoConfig):
            try:
                source = self._load(kind)
            except BeamlineError:
                continue  # a checkpoint need not have a generation_config.json
            token = getattr(source, "decoder_start_token_id", None)
            if token is not None:
                return int(token)
        return None

    def _load(self, kind: Any, **options: Any) -> Any:
        revision = None if self.is_local else self.revision
        try:
            return kind.from_pretrained(self.name, revision=revision, trust_remote_code=False, **options)
        except Exception as error:  # the tokenizers library raises nothing more special
            if out_of_reach(error):
                raise unreachable(self.name) from None
            raise BeamlineError(f"model.name: {self.name}: {first_line(error)}") from None


def fingerprint(directory: Path) -> str:
    """Return 40 hexadecimal digits over the names and contents of a directory's files, except hidden ones."""
    digest = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        relative = path.relative_to(directory)
        if path.is_file() and not any(part.startswith(".") for part in relative.parts):
            digest.update(f"{relative.as_posix()}\0".encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:40]


def out_of_reach(error: BaseException) -> bool:
    """Return whether transformers could not reach the hub, and lacks the file in its cache."""
    return isinstance(error.__cause__, LocalEntryNotFoundError)


def unreachable(name: str) -> BeamlineError:
    """Return the error that says that the hub can't be reached for this checkpoint."""
    return BeamlineError(
        f"model.name: {name}: the hub ({constants.ENDPOINT}) can't be reached, and its cache lacks the checkpoint;"
        " download it where there is a network, and give its directory"
    )


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or the name of its class if it has none."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
