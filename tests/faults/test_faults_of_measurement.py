"""Faults of the metric, the data and the decoding, put into a healthy run: each is found, and named first."""

import pytest
from catalogue import OF_MEASUREMENT
from fault import Fault
from faulty_run import MakeRun, assert_named

pytestmark = pytest.mark.extended


@pytest.mark.parametrize("fault", OF_MEASUREMENT, ids=lambda fault: fault.name)
def test_the_verdict_names_it_first(fault: Fault, healthy_copy: MakeRun) -> None:
    directory = healthy_copy(fault.language)
    fault.inject(directory)
    assert_named(directory, fault)
