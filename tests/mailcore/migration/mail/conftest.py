"""An account with mail, and this project's own IMAP server."""

from pathlib import Path

import pytest

from tests.mailcore.imapd.conftest import alice, imap, server
from tests.support import moving

__all__ = ["alice", "imap", "server"]


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    return moving.fill(tmp_path / "filled")
