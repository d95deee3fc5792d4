"""An old server's configuration, as it lay in /etc/courier."""

import shutil
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A root directory with etc/courier in it, a copy that tests may change."""
    shutil.copytree(DATA / "courier", tmp_path / "etc/courier")
    return tmp_path
