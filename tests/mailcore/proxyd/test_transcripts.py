"""Everything a client can see of the proxy, as written sessions."""

from pathlib import Path

import pytest

from tests.mailcore.proxyd.conftest import Addresses
from tests.support.transcript import play

SCRIPTS = sorted((Path(__file__).parents[2] / "transcripts/proxy").glob("*.txt"))


@pytest.mark.transcript
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_proxy_session(script: Path, both: Addresses) -> None:
    play(script, both[f"{script.stem.partition('_')[0]}_proxy"])
