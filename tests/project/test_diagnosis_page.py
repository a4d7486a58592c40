"""docs/diagnosis.md is written from the checks."""

import runpy

from support.documentation import read_document
from support.repository import ROOT


def test_the_page_of_the_checks_is_current() -> None:
    page = runpy.run_path(str(ROOT / "tools" / "describe_checks.py"))["page"]()
    assert read_document("docs/diagnosis.md") == page, "run: PYTHONPATH=src python tools/describe_checks.py"
