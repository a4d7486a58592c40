from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def dialogsum() -> Path:
    """The real DialogSum beside the checkout; nothing in the clone needs it, so without it these tests are skipped."""
    path = REPOSITORY.parent / "shared" / "dialogsum"
    if not path.is_dir():
        pytest.skip(f"DialogSum is not at {path}")
    return path
