"""The registry of metrics. Every metric in it is measured by evaluate, compare, score and diagnose."""

from beamline.metrics.base import Metric
from beamline.metrics.chrf import ChrfMetric
from beamline.metrics.rouge import RougeMetric

METRICS: dict[str, type[Metric]] = {
    "rouge": RougeMetric,
    "chrf": ChrfMetric,
}


def registered_columns() -> list[str]:
    """Return the names of all metrics' columns, in the order of the registry."""
    return [column for metric in METRICS.values() for column in metric.columns]


def find_metric(column: str) -> str:
    """Return the name of the metric that has this column, one of `registered_columns`."""
    return next(name for name, metric in METRICS.items() if column in metric.columns)
