"""Everything a client can see, as written sessions."""

from pathlib import Path

import pytest

from tests.support.transcript import play

SCRIPTS = sorted((Path(__file__).parents[2] / "transcripts/imap").glob("*.txt"))


@pytest.mark.transcript
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_imap_session(script: Path, imap: dict[str, tuple[str, int]]) -> None:
    play(script, imap["imap"])
