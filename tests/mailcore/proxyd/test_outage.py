"""A node is killed under its clients, and comes back."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mailcore.proxyd.conftest import ALICE, BOB, PASSWORDS, Proxy
from tests.support.imap_client import ImapClient
from tests.support.node import NodeProcess


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[NodeProcess]:
    """A node for Alice that this test may kill."""
    node = NodeProcess(tmp_path / "mortal", "alpha", {ALICE: PASSWORDS[ALICE]})
    node.start()
    yield node
    node.kill()


def log_in(address: tuple[str, int], name: str) -> str:
    """The answer to a login, its connection closed."""
    client = ImapClient(address, name="")
    answer = client.ask(f"LOGIN {name} {PASSWORDS[name]}")[-1]
    client.close()
    return answer


def test_a_node_dies_and_comes_back(proxy: Proxy, mortal: NodeProcess, beta: NodeProcess) -> None:
    with proxy(nodes=[mortal.line(), beta.line()], longest_pause=1) as addresses:
        imap = addresses["imap_proxy"]
        alice, bob = ImapClient(imap), ImapClient(imap, BOB, PASSWORDS[BOB])
        mortal.kill()
        assert alice.wire.line() == "<closed>"
        assert log_in(imap, ALICE).startswith("NO [UNAVAILABLE]")
        wrong = ImapClient(imap, name="").refused(f"LOGIN {ALICE} not-her-password")
        assert wrong.startswith("NO [AUTHENTICATIONFAILED]")
        bob.do("SELECT INBOX")
        assert log_in(imap, BOB).startswith("OK")
        mortal.start()
        deadline = time.monotonic() + 30
        while not (answer := log_in(imap, ALICE)).startswith("OK"):
            assert answer.startswith("NO [UNAVAILABLE]")
            assert time.monotonic() < deadline, "the node is back and nobody has noticed"
            time.sleep(0.05)
