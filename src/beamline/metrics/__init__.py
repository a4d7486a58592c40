"""Scores of summaries: the metrics and their registry, intervals, significance and the signature.

To add a metric, write a module with a class that follows `base.Metric`, and add it to `registry.METRICS`.
"""

from beamline.metrics.base import Corpus, Metric, MetricScores
from beamline.metrics.registry import METRICS, find_metric, registered_columns
from beamline.metrics.scorer import DEFAULT_HEADLINE, Scorer, Scores
from beamline.metrics.signature import SCORING_VERSION, SETTINGS, fields_to_compare, read_signature

__all__ = [
    "DEFAULT_HEADLINE",
    "METRICS",
    "SCORING_VERSION",
    "SETTINGS",
    "Corpus",
    "Metric",
    "MetricScores",
    "Scorer",
    "Scores",
    "fields_to_compare",
    "find_metric",
    "read_signature",
    "registered_columns",
]
