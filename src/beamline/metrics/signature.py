"""The signature of a score: everything that can change it or its interval, as `name:value|name:value`.

The form is sacreBLEU's. `Scorer.signature` makes it, with the fields of every metric. Scores with different signatures
are not comparable.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from beamline.metrics.registry import METRICS
from beamline.metrics.tokenizers import WordTokenizer, build_tokenizer

# Bump it with every change of Beamline that can move a score, and say so in the changelog.
# tests/metrics/test_golden_scores.py fails if a score moves.
SCORING_VERSION = 2

# Fields that the data and params.yaml set. The others are versions of what measures: ours, and those of packages.
SETTINGS = frozenset(["headline", "tok", "stem", "sents", "punct", "refs", "multi", "n", "bs", "ar", "seed", "backend"])

_OF_THE_SYSTEM = "prompt"  # what a system read is no way of measuring it, and may differ
_BEFORE_SCORING_VERSIONS = {"scoring": "1", "headline": "rouge_f"}  # what a signature without these fields means
_VERSION_1 = {"sents": "both", "punct": "drop"}  # what it always did, and partly called by other names


def write_signature(fields: Mapping[str, str]) -> str:
    """Return the fields as a signature, `name:value` separated by `|`, in their order."""
    return "|".join(f"{name}:{value}" for name, value in fields.items())


def read_signature(text: str) -> dict[str, str]:
    """Return the fields of a signature, in its order.

    Beamline 0.1.0 wrote its own version, `beamline:0.1.0`, in place of today's `scoring` and `headline`. Its scores are
    those of scoring version 1, and `rouge_f` chose the checkpoint. So `beamline` is dropped and `scoring:1` and
    `headline:rouge_f` are added. A metric that wasn't measured stays absent: `fields_to_compare` leaves it out.
    Scoring version 1 called its only way to split sentences `punctuation`, which is today's `both`.
    """
    fields = dict(field.partition(":")[::2] for field in text.split("|") if field)
    if "beamline" in fields:
        del fields["beamline"]
        fields = _BEFORE_SCORING_VERSIONS | fields
    return fields | _VERSION_1 if fields.get("scoring") == "1" else fields


def signature_tokenizer(text: str) -> WordTokenizer:
    """Return the tokenizer that a signature names. Raises `BeamlineError` if a package of it is missing."""
    fields = read_signature(text)
    name: Any = fields.get("tok", "english")
    return build_tokenizer(name, stemmer=fields.get("stem") == "yes")


def fields_to_compare(first: Mapping[str, str], later: Mapping[str, str]) -> list[str]:
    """Return the names of the fields that have to be equal for two sets of scores to be comparable.

    These are all fields of both signatures, except the prompt of a decoder-only model, and those of a metric that only
    one of them measured: what both measured stays comparable when a metric is added.
    """
    on_one_side = {
        name
        for metric in METRICS.values()
        for name in metric.signature_fields
        if _measured(metric.signature_fields, first) != _measured(metric.signature_fields, later)
    }
    return [name for name in {**first, **later} if name not in on_one_side and name != _OF_THE_SYSTEM]


def _measured(signature_fields: Sequence[str], fields: Mapping[str, str]) -> bool:
    return any(name in fields for name in signature_fields)
