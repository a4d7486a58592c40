"""The chosen model as others load it, with a model card: what `beamline export` writes."""

import json
import shutil
from pathlib import Path
from typing import Any

import transformers
from huggingface_hub import HfApi
from huggingface_hub.errors import HFValidationError, LocalTokenNotFoundError
from huggingface_hub.errors import HTTPError as ConnectionProblem  # type: ignore[attr-defined]  # of its HTTP library
from transformers import GenerationConfig

from beamline.core.errors import BeamlineError
from beamline.core.files import replaced_directory, write_json, write_text, writing
from beamline.decoding.backends import find_obstacle
from beamline.decoding.transformers_backend import resolve_generation
from beamline.models.checkpoint import first_line
from beamline.models.encoding import Encoding
from beamline.serving.card import read_facts, write_card
from beamline.serving.model import Model, open_model

TOKENIZER_CONFIG = "tokenizer_config.json"


def export(directory: Path, revision: str | None, *, ctranslate2: bool, push_to: str | None) -> str:
    """Write the model of a revision, or of the workspace, into a new directory, and return where it is.

    Plain transformers loads it, and `generate` then writes the reported summaries. ctranslate2: in the format of
    CTranslate2 instead. push_to: OWNER/NAME on the hub, a private repository, made if there is none.

    Raises `BeamlineError` for a directory in use, a run that is not whole, a model that CTranslate2 can't convert, and
    a hub that refuses or can't be reached. The directory is written whole or not at all.
    """
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise BeamlineError(f"{directory}: exists already; name a new directory, or remove this one first")
    facts = read_facts(revision)
    with open_model(revision, None) as model, replaced_directory(directory) as unfinished:
        generation = model.reported.generation
        tokens = model.codec.encoding.generation_tokens
        settings = resolve_generation(generation, tokens, GenerationConfig()).settings
        if ctranslate2:
            _write_ctranslate2(model, unfinished)
        else:
            _copy_files(model.directory, unfinished)
        if model.codec.encoding.prompt is None:  # or the end of the prompt would be cut
            limit_source(unfinished / TOKENIZER_CONFIG, model.codec.encoding)
        write_text(unfinished / "README.md", write_card(facts, model.codec, settings, ctranslate2=ctranslate2))
    return str(directory) if push_to is None else _push(directory, push_to)


def _copy_files(source: Path, target: Path) -> None:
    """Copy what is in `source`, without its permissions: safetensors lets only the owner read its files."""
    with writing(target):
        for path in source.rglob("*"):
            if path.is_file():
                copy = target / path.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)


def _write_ctranslate2(model: Model, target: Path) -> None:
    generation = model.reported.generation
    if obstacle := find_obstacle(model.directory, generation):
        raise BeamlineError(obstacle)
    # An optional package, imported only by those who use it.
    from beamline.decoding.ctranslate2_backend import convert_checkpoint  # noqa: PLC0415

    convert_checkpoint(model.directory, model.codec, target, generation.compute_type)
    with writing(target):
        model.codec.save(target)


def limit_source(path: Path, encoding: Encoding) -> None:
    """Make `truncation=True` cut a dialogue where it was cut in training, in tokenizer_config.json at `path`.

    transformers can't cut the middle out; it then cuts the end, and the card says what was read in training.
    """
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    side = "left" if encoding.overflow == "start" else "right"
    write_json(path, {**config, "model_max_length": encoding.max_source_tokens, "truncation_side": side})


def _push(directory: Path, name: str) -> str:
    """Return the address of the repository that now has the files."""
    hub = HfApi()
    try:
        # Private, because a model can repeat what it was trained on. Its owner can make it public.
        url = hub.create_repo(name, private=True, exist_ok=True)
        hub.upload_folder(repo_id=name, folder_path=directory, commit_message="Upload a dialogue summarizer")
    except (ConnectionProblem, HFValidationError, LocalTokenNotFoundError, OSError) as error:
        raise BeamlineError(
            f"--push-to {name}: {first_line(error)}; the files are in {directory}. The hub needs OWNER/NAME, and a"
            " token with the right to write, in HF_TOKEN or from: hf auth login."
            f" To try again: hf upload --private {name} {directory}"
        ) from None
    return str(url)
