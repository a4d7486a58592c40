"""The weights of a checkpoint, and how they are fitted to the speaker tags. Weights are read from safetensors only."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import torch
from huggingface_hub import _CACHED_NO_EXIST, try_to_load_from_cache
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, PreTrainedModel
from transformers.utils import SAFE_WEIGHTS_INDEX_NAME, SAFE_WEIGHTS_NAME

from beamline.core.errors import BeamlineError
from beamline.models.checkpoint import Checkpoint, first_line, out_of_reach, unreachable
from beamline.models.encoding import Encoding
from beamline.models.families import choose_family


def load_pretrained(checkpoint: Checkpoint, encoding: Encoding, vocabulary: int) -> PreTrainedModel:
    """Return the checkpoint's model with embeddings for `vocabulary` tokens.

    Its configs name the tokens that `encoding` starts and ends with, so that a saved model generates by itself as here.
    """
    model = load_model(checkpoint.name, None if checkpoint.is_local else checkpoint.revision)
    for part in _parts(model):
        _stay_untied(part)
        if part.get_input_embeddings().num_embeddings < vocabulary:
            part.resize_token_embeddings(vocabulary, mean_resizing=False)
        _start_at_mean(part, list(encoding.new_tokens))
    _freeze_unlearned(model)
    model.config.decoder_start_token_id = encoding.decoder_start_token_id
    model.config.pad_token_id = encoding.pad_token_id
    model.config.eos_token_id = encoding.eos_token_id
    settings = model.generation_config
    settings.update(**encoding.generation_tokens)
    # Published settings can have no effect, such as a temperature without sampling. transformers refuses to save such
    # settings if they were changed since they were loaded, and otherwise warns.
    settings._original_object_hash = hash(settings)
    return model


def load_model(name: str | Path, revision: str | None = None) -> PreTrainedModel:
    """Return a checkpoint's model in single precision, from safetensors. Its config decides the family.

    Raises `BeamlineError` if the files can't be read, or lack weights that transformers would silently draw at random.
    """
    try:
        config = AutoConfig.from_pretrained(name, revision=revision, trust_remote_code=False)
        model, loaded = choose_family(config, str(name)).model_class.from_pretrained(
            name,
            revision=revision,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise _refusal(str(name), revision, error) from None
    # Pegasus's published checkpoints leave out its sinusoids, which are computed.
    missing = sorted(key for key in loaded["missing_keys"] if not {"embed_positions", "pooler"} & set(key.split(".")))
    if missing:
        raise BeamlineError(f"{name}: {len(missing)} weights are not in its safetensors, first {missing[0]}")
    loaded_model: PreTrainedModel = model
    return loaded_model


def iterate_weights(directory: Path) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield each tensor of a checkpoint's safetensors with its name, sorted by file and name.

    Raises `BeamlineError` if there is none, or if one can't be read.
    """
    files = sorted(directory.glob("*.safetensors"))
    if not files:
        raise BeamlineError(f"{directory}: no safetensors; run: dvc repro train")
    try:
        for path in files:
            with safe_open(path, framework="pt") as file:
                for name in sorted(file.keys()):
                    yield name, file.get_tensor(name)
    except (OSError, SafetensorError) as error:
        raise BeamlineError(f"{directory}: weights can't be read ({first_line(error)})") from None


def hash_weights(directory: Path) -> str:
    """Return the SHA-256 over the names, types, shapes and values of a checkpoint's weights."""
    digest = hashlib.sha256()
    for name, tensor in iterate_weights(directory):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def refuse_spoiled_weights(directory: Path) -> None:
    """Raise `BeamlineError` if a weight of a checkpoint is not a finite number. It names the first tensor."""
    for name, tensor in iterate_weights(directory):
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            count = int((~torch.isfinite(tensor)).sum())
            raise BeamlineError(
                f"{directory}: {count:,} of {tensor.numel():,} weights of {name} are not finite numbers;"
                " train again: dvc repro --force --single-item train"
            )


def _refusal(name: str, revision: str | None, error: Exception) -> BeamlineError:
    if out_of_reach(error):
        return unreachable(name)
    pickles = sorted(path.name for path in Path(name).glob("*.bin"))
    if pickles and not list(Path(name).glob("*.safetensors")):
        return BeamlineError(
            f"{name}: {pickles[0]} is a pickle, which can run any code when it is read; convert it to safetensors"
        )
    if revision is not None and f"named {SAFE_WEIGHTS_NAME}" in str(error):
        # transformers says this of an unreachable hub, too. What the hub doesn't have is noted in the cache.
        if try_to_load_from_cache(name, SAFE_WEIGHTS_INDEX_NAME, revision=revision) is not _CACHED_NO_EXIST:
            return unreachable(name)
        return BeamlineError(
            f"model.revision: {name} has no safetensors at {revision}; a pickle can run any code when it is read, and"
            " is refused: take a commit with safetensors, or convert it and give its directory"
        )
    return BeamlineError(f"{name}: {first_line(error)}")


def _parts(model: PreTrainedModel) -> list[PreTrainedModel]:
    """Return the models that own embeddings: encoder and decoder of an `EncoderDecoderModel`, else the model itself."""
    if model.config.model_type == "encoder-decoder":
        return [model.encoder, model.decoder]
    return [model]


def _freeze_unlearned(model: PreTrainedModel) -> None:
    """Turn off the gradients of what never gets any: DDP, in several processes, waits for every gradient.

    No decoder reads BERT's pooler. The sinusoids of Pegasus and Marian are computed.
    """
    for name, module in model.named_modules():
        if name.endswith("pooler") or "Sinusoidal" in type(module).__name__:
            module.requires_grad_(False)


def _stay_untied(model: PreTrainedModel) -> None:
    """Keep an output layer that is the checkpoint's own (mT5, T5 1.1).

    transformers 5 calls every T5 tied in its config. It still reads a separate output layer, but the next resize ties
    it, and the input embeddings replace what was read.
    """
    output = model.get_output_embeddings()
    if output is not None and output.weight is not model.get_input_embeddings().weight:
        model.config.tie_word_embeddings = False


@torch.no_grad()
def _start_at_mean(model: PreTrainedModel, new_tokens: list[int]) -> None:
    """Set the rows of `new_tokens` to the mean of the others, on the input and the output side.

    A random row is far from all others and draws probability from them (Hewitt, "Initializing New Word Embeddings
    for Pretrained Language Models", 2021).
    """
    if not new_tokens:
        return
    output = model.get_output_embeddings()
    # [vocabulary, width] or [vocabulary]. Models differ in which of them exist and which are one tensor.
    tables = [model.get_input_embeddings().weight, getattr(output, "weight", None), getattr(output, "bias", None)]
    if hasattr(model, "final_logits_bias"):
        tables.append(model.final_logits_bias[0])
    for rows in tables:
        if rows is not None:
            # Rows after the new ones don't count: some checkpoints are padded to a round number with untrained rows.
            rows[new_tokens] = rows[: min(new_tokens)].mean(dim=0)
