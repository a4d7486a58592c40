"""Faults of labels and training, put into a healthy run: each is found, and named first."""

import pytest
from catalogue import OF_TRAINING
from fault import Fault
from faulty_run import MakeRun, assert_named

pytestmark = pytest.mark.extended


@pytest.mark.parametrize("fault", OF_TRAINING, ids=lambda fault: fault.name)
def test_the_verdict_names_it_first(fault: Fault, healthy_copy: MakeRun) -> None:
    directory = healthy_copy(fault.language)
    fault.inject(directory)
    assert_named(directory, fault)
