"""Low-rank adapters (LoRA, Hu et al. 2021) through peft: few weights are trained, beside the checkpoint's frozen ones.

What is kept of a training is merged: each adapted weight plus its adapter's product. Such a checkpoint is complete in
itself, and nothing that reads it knows of adapters. The adapter is in a directory beside its weights.
"""

import json
import re
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer
from peft.tuners.trainable_tokens import TrainableTokensLayer
from peft.utils import INCLUDE_LINEAR_LAYERS_SHORTHAND, TrainableTokensWrapper
from transformers import PreTrainedModel

from beamline.core.errors import BeamlineError
from beamline.core.params import Lora
from beamline.models.checkpoint import first_line
from beamline.models.encoding import Encoding

ADAPTER = "adapter"  # the directory of an adapter in the directory of its merged checkpoint
_ADAPTER_WEIGHTS = ("lora_", "trainable_tokens_")


def add_adapter(model: PreTrainedModel, lora: Lora, encoding: Encoding) -> PreTrainedModel:
    """Return the model with all weights frozen, and trainable adapters of `lora.rank` beside those of `lora.targets`.

    The embeddings of tokens that the checkpoint has never seen are trained, too.
    Raises `BeamlineError` if the model has none of the targets, if a target shares its weights with another module, or
    if those embeddings can't be trained alone.
    """
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora.targets,
        trainable_token_indices=list(encoding.new_tokens) or None,
    )
    _check_names(model, lora.targets)
    _check_shared(model, lora.targets)
    model.name_or_path = ""  # a local path would differ between two identical runs, and peft asks the hub for an id
    try:
        adapted: Any = get_peft_model(model, config)
    except ValueError as error:
        raise BeamlineError(f"train.lora.targets: {first_line(error)}") from None
    if encoding.new_tokens:
        _check_new_tokens(adapted)
    return adapted  # it has the attributes of the model that it wraps


def save_whole(model: PreTrainedModel, directory: Path) -> None:
    """Write the model as a checkpoint. With adapters: its merged weights, and the adapters in `ADAPTER`."""
    if not isinstance(model, PeftModel):
        model.save_pretrained(directory)
        return
    base: Any = model.get_base_model()
    base.save_pretrained(directory, state_dict=merge_weights(model))
    model.save_pretrained(str(directory / ADAPTER), save_embedding_layers=False)
    (directory / ADAPTER / "README.md").unlink(missing_ok=True)  # peft's empty model card
    path = directory / ADAPTER / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(config["target_modules"], list):  # a pattern is a text
        config["target_modules"].sort()
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


@torch.no_grad()
def merge_weights(model: PeftModel) -> dict[str, torch.Tensor]:
    """Return the weights of the model without adapters that computes the same. The model itself is unchanged.

    Weights that the model shares under several names are one tensor here, too.
    """
    base: Any = model.get_base_model()
    merged: dict[int, torch.Tensor] = {}  # by the address of the weight before
    layers: list[Any] = [module for module in base.modules() if isinstance(module, LoraLayer)]
    tables: list[Any] = [module for module in base.modules() if isinstance(module, TrainableTokensLayer)]
    for layer in layers:
        weight = layer.base_layer.weight
        merged[weight.data_ptr()] = weight + layer.get_delta_weight(layer.active_adapters[0])
    for table in tables:
        merged[table.base_layer.weight.data_ptr()] = table.get_merged_weights(table.active_adapters)
    return {
        name.replace(".token_adapter", "").replace(".base_layer", ""): merged.get(weight.data_ptr(), weight)
        for name, weight in base.state_dict(keep_vars=True).items()
        if not _is_adapter(name)
    }


def count_parameters(model: torch.nn.Module) -> int:
    """Return the number of weights, without those of adapters: what is kept has no more."""
    return sum(weight.numel() for name, weight in model.named_parameters() if not _is_adapter(name))


def _is_adapter(name: str) -> bool:
    return any(part.startswith(_ADAPTER_WEIGHTS) for part in name.split("."))


def _check_names(model: PreTrainedModel, targets: str | list[str]) -> None:
    """Raise `BeamlineError` if a listed name is no module's, or a pattern is none. peft passes over such a name."""
    if isinstance(targets, str):
        try:
            re.compile(targets)
        except re.error as error:
            raise BeamlineError(
                f"train.lora.targets: {targets!r} is no pattern of Python's re ({first_line(error)}); correct it, or"
                " list the names of modules"
            ) from None
        return
    names = [name for name, _ in model.named_modules()]
    for target in targets:
        if not any(_is_target(name, [target]) for name in names):
            raise BeamlineError(
                f"train.lora.targets: no module of this model is named {target}; leave it out, or take all-linear"
            )


def _check_shared(model: PreTrainedModel, targets: str | list[str]) -> None:
    """Raise `BeamlineError` if a target's weight is another module's, too: merged, its adapter would change both.

    `all-linear` leaves out embeddings and the output layer, which are what models share.
    """
    if isinstance(targets, str) and targets.lower() == INCLUDE_LINEAR_LAYERS_SHORTHAND:
        return
    tables = {
        name.removesuffix(".weight"): weight.data_ptr()
        for name, weight in model.named_parameters(remove_duplicate=False)
        if name.endswith(".weight")
    }
    for name, address in tables.items():
        others = [other for other in tables if other != name and tables[other] == address]
        if others and _is_target(name, targets):
            raise BeamlineError(
                f"train.lora.targets: {name} shares its weights with {others[0]}, and an adapter would change one of"
                " the two; leave it out"
            )


def _is_target(name: str, targets: str | list[str]) -> bool:
    """Return whether peft puts an adapter beside the module: it matches the pattern, or ends with a listed name."""
    if isinstance(targets, str):
        return re.fullmatch(targets, name) is not None
    return any(f".{name}".endswith(f".{target}") for target in targets)


def _check_new_tokens(model: PreTrainedModel) -> None:
    """Raise `BeamlineError` if a part of the model reads or writes new tokens by a table that stays frozen.

    peft follows shared tables by their names. mT5, Marian and pairs of BERTs share them in ways that it doesn't know.
    """
    layers: list[Any] = [module for module in model.modules() if isinstance(module, TrainableTokensLayer)]
    tables = {layer.base_layer.weight.data_ptr() for layer in layers}
    for name, module in model.named_modules():
        weight = getattr(module, "weight", None)
        frozen = isinstance(weight, torch.Tensor) and weight.data_ptr() in tables
        if (
            frozen
            and not isinstance(module, (TrainableTokensWrapper, TrainableTokensLayer))
            and not name.endswith("base_layer")
        ):
            raise BeamlineError(
                f"train.lora.rank: adapters can't train the speaker tags of a model of type {model.config.model_type};"
                " set it to 0"
            )
    output: Any = model.get_output_embeddings()
    if isinstance(output, torch.nn.Linear):
        raise BeamlineError(
            f"train.lora.rank: adapters can't train the speaker tags of a model of type {model.config.model_type},"
            " whose output layer is separate; set it to 0"
        )
