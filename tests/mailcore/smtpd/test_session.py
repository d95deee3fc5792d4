"""Every written SMTP session: extensions, refusals, abuse."""

from pathlib import Path

import pytest

from tests.support.transcript import play

SCRIPTS = sorted((Path(__file__).parents[2] / "transcripts" / "smtp").glob("*.txt"))

pytestmark = [
    pytest.mark.transcript,
    pytest.mark.django_db(transaction=True, databases=["default", "queue"]),
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_smtp_session(script: Path, smtp: dict[str, tuple[str, int]]) -> None:
    """The first word of the file's name says which listener it is for."""
    listener = script.stem.partition("_")[0]
    play(script, smtp[listener], tls=listener == "submissions")
