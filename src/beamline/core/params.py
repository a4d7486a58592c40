"""params.yaml as one typed, validated schema.

Defaults are only in params.yaml, which needs every key. So `dvc exp run -S key=value` can change any of them, and a
reader sees the whole setting in one place.
"""

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError

from beamline.core import paths
from beamline.core.choices import Overflow, Punctuation, References, Sentences, TokenizerName
from beamline.core.errors import BeamlineError

OptionalText = Annotated[str | None, BeforeValidator(lambda value: None if value == "" else value)]
Positive = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]

DIALOGUE = "{dialogue}"  # its place in `model.prompt`


class Section(BaseModel):
    """A mapping of params.yaml: exactly these keys, no conversions between types, immutable."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Columns(Section):
    id: OptionalText
    dialogue: OptionalText
    summary: OptionalText

    @property
    def named(self) -> list[str]:
        """Return the names that are given."""
        return [name for name in (self.id, self.dialogue, self.summary) if name]


class Data(Section):
    path: Annotated[str, Field(min_length=1)]
    columns: Columns
    leakage: Literal["error", "warn", "drop"]


class TokenizerParams(Section):
    vocabulary_size: Annotated[int, Field(ge=300, le=1_000_000)]
    max_source_tokens: Annotated[int, Field(ge=2)]
    max_target_tokens: Annotated[int, Field(ge=2)]
    source_prefix: str | None
    language: OptionalText
    speaker_tokens: Literal["auto", "none", "all"]
    overflow: Overflow


class Padding(Section):
    mode: Literal["longest", "max_length"]
    labels: Literal["masked", "unmasked"]


class Scratch(Section):
    family: Literal["bart", "t5"]
    d_model: Positive
    layers: Positive
    attention_heads: Positive
    ffn_dim: Positive
    dropout: Annotated[float, Field(ge=0, lt=1)]

    @model_validator(mode="after")
    def heads_divide_width(self) -> "Scratch":
        if self.d_model % self.attention_heads:
            raise ValueError(f"d_model ({self.d_model}) must be a multiple of attention_heads ({self.attention_heads})")
        return self


class Model(Section):
    name: OptionalText
    revision: OptionalText
    prompt: str
    system: OptionalText
    scratch: Scratch

    @model_validator(mode="after")
    def prompt_has_a_dialogue(self) -> "Model":
        if self.prompt.count(DIALOGUE) != 1:
            raise ValueError(f"prompt must hold {DIALOGUE} once, where the dialogue goes")
        return self


class Lora(Section):
    rank: Annotated[int, Field(ge=0)]
    alpha: Positive
    dropout: Annotated[float, Field(ge=0, lt=1)]
    targets: str | list[str]


class Train(Section):
    max_examples: Positive | None
    num_train_epochs: Annotated[int, Field(ge=0)]
    tokens_per_batch: Positive
    gradient_accumulation_steps: Positive
    learning_rate: Annotated[float, Field(ge=0)]
    warmup_steps: Annotated[int, Field(ge=0)]
    weight_decay: Annotated[float, Field(ge=0)]
    max_grad_norm: Annotated[float, Field(gt=0)]
    label_smoothing_factor: Annotated[float, Field(ge=0, lt=1)]
    precision: Literal["fp32", "bf16", "auto"]
    gradient_checkpointing: bool
    lora: Lora
    processes: Positive
    threads: Positive
    keep: Positive
    save_seconds: Annotated[float, Field(ge=0)]


class Generation(Section):
    backend: Literal["transformers", "ctranslate2", "auto"]
    compute_type: Literal["float32", "int8"]
    num_beams: Positive
    max_length: Annotated[int, Field(ge=2)]
    min_length: Annotated[int, Field(ge=0)]
    no_repeat_ngram_size: Annotated[int, Field(ge=0)]
    early_stopping: bool
    do_sample: bool
    temperature: Annotated[float, Field(gt=0)]
    top_k: Annotated[int, Field(ge=0)]
    top_p: Annotated[float, Field(gt=0, le=1)]
    repetition_penalty: Annotated[float, Field(gt=0)]
    length_penalty: float

    @model_validator(mode="after")
    def lengths_are_ordered(self) -> "Generation":
        if self.min_length > self.max_length:
            raise ValueError(f"min_length ({self.min_length}) is above max_length ({self.max_length})")
        return self


class Rouge(Section):
    tokenizer: TokenizerName
    stemmer: bool
    punctuation: Punctuation
    sentences: Sentences
    references: References
    minimum_coverage: Fraction


class Metrics(Section):
    headline: Annotated[str, Field(min_length=1)]  # `metrics` knows the columns, and refuses any other name


class Evaluate(Section):
    validation_dialogues: Positive | None
    tokens_per_batch: Positive
    threads: Positive


class Diagnose(Section):
    seconds: Annotated[float, Field(gt=0)]


class Tracking(Section):
    wandb: Literal["disabled", "offline", "online"]
    project: Annotated[str, Field(min_length=1)]


class Params(Section):
    """All of params.yaml."""

    seed: Annotated[int, Field(ge=0, le=2**32 - 1)]
    data: Data
    tokenizer: TokenizerParams
    padding: Padding
    model: Model
    train: Train
    generation: Generation
    rouge: Rouge
    metrics: Metrics
    evaluate: Evaluate
    diagnose: Diagnose
    tracking: Tracking


# Keys that are younger than some experiments, with the value that those experiments would have had.
PAST_VALUES: dict[str, object] = {
    "data.leakage": "error",
    "metrics.headline": "rouge_f",
    "model.prompt": DIALOGUE,
    "model.system": None,
    "rouge.punctuation": "drop",
    "rouge.sentences": "both",
    "diagnose.seconds": 60.0,
    "tokenizer.overflow": "end",
    "tokenizer.speaker_tokens": "auto",
    "train.gradient_checkpointing": False,
    "train.lora.rank": 0,
    "train.lora.alpha": 1,
    "train.lora.dropout": 0.0,
    "train.lora.targets": "all-linear",
    "evaluate.validation_dialogues": None,
}

# Keys that have another name today, and how their values are written there.
_RENAMED: dict[str, tuple[str, Callable[[object], object]]] = {
    "data.allow_leakage": ("data.leakage", lambda allowed: "warn" if allowed else "error")
}


def read_params(path: Path = paths.PARAMS, *, past: bool = False) -> Params:
    """Read and validate `path`.

    past: `path` is of an earlier commit. Keys that were added since have their value in `PAST_VALUES`, and keys that
    were removed since are ignored.

    The YAML dialect is 1.2, as in DVC, so that `1e-4` is the number that `-S` and a reader take it for.
    Raises `BeamlineError` naming file, line and key for an unknown or missing key, a wrong type, a value out of range.
    """
    try:
        document = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BeamlineError(f"{path}: no such file; run in the repository's root") from None
    except UnicodeDecodeError as error:
        raise BeamlineError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BeamlineError(f"{path}:{line}: not valid YAML: {error.problem}") from None
    if not isinstance(document, CommentedMap):
        raise BeamlineError(f"{path}: expected sections such as 'data:' and 'train:', found {document!r}")
    try:
        return Params.model_validate(with_past_values(document) if past else document)
    except ValidationError as error:
        # A misspelled key is both unknown and missing; naming the unknown one says what to fix.
        first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
        raise BeamlineError(_explain(first, document, path)) from None


def rename_past(key: str, value: object) -> tuple[str, object]:
    """Return the key and the value of today for those of an earlier commit."""
    name, rewrite = _RENAMED.get(key, (key, lambda same: same))
    return name, rewrite(value)


def with_past_values(
    section: Mapping[str, object], schema: type[BaseModel] = Params, prefix: str = ""
) -> dict[str, object]:
    """Return the keys that `schema` knows, with `PAST_VALUES` for those that the section lacks."""
    known = dict(rename_past(f"{prefix}{name}", value) for name, value in section.items())
    updated: dict[str, object] = {}
    for name, field in schema.model_fields.items():
        key = f"{prefix}{name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            inner = known.get(key, {})
            updated[name] = with_past_values(inner, field.annotation, f"{key}.") if isinstance(inner, dict) else inner
        elif key in known:
            updated[name] = known[key]
        elif key in PAST_VALUES:
            updated[name] = PAST_VALUES[key]
    return updated


def _explain(error: ErrorDetails, document: CommentedMap, path: Path) -> str:
    location = tuple(part for part in error["loc"] if isinstance(part, str) and not part.startswith("function-"))
    key = ".".join(location)
    where = f"{path}:{_line(document, location)}: {key}"
    if error["type"] == "extra_forbidden":
        known = _known_keys(location[:-1])
        nearest = difflib.get_close_matches(location[-1], known, n=1, cutoff=0.5)
        hint = f"did you mean '{nearest[0]}'?" if nearest else f"known keys here: {', '.join(known)}"
        return f"{where}: unknown key; {hint}"
    if error["type"] == "missing":
        return f"{where}: this key is missing; {path.name} needs every key"
    if error["type"] == "value_error":
        return f"{where}: {error['msg'].removeprefix('Value error, ')}"
    found = "a mapping" if isinstance(error["input"], dict) else repr(error["input"])
    return f"{where}: {error['msg'].replace('Input should be', 'expected')}, found {found}"


def _known_keys(section: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] = Params
    for name in section:
        annotation = model.model_fields[name].annotation
        assert isinstance(annotation, type) and issubclass(annotation, BaseModel)
        model = annotation
    return list(model.model_fields)


def _line(document: CommentedMap, location: tuple[str, ...]) -> int:
    """Return the line, from 1, of the deepest part of `location` that is in the file."""
    line, node = 0, document
    for name in location:
        if not isinstance(node, CommentedMap) or name not in node:
            break
        line, node = node.lc.key(name)[0], node[name]
    return int(line) + 1
