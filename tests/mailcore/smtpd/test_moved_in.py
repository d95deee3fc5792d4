"""A server that took over an old /etc/courier answers peers as the old files said."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcore.accounts.undo import undo
from mailcore.conf import current, store
from mailcore.migration import apply, read
from tests.support.dns import DnsServer
from tests.support.transcript import Connection

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

Addresses = dict[str, tuple[str, int]]

DATA = Path(__file__).parents[2] / "data/courier"
STRANGER = "8.8.9.1"


@pytest.fixture
def change_set(people: None, tmp_path: Path) -> Iterator[int]:
    """The import's; peers are announced by a balancer, and DNS knows good.example."""
    server = DnsServer(
        {
            "good.example": {"A": [STRANGER], "TXT": ['"v=spf1 a -all"']},
            "bad.test": {"A": [STRANGER]},
        }
    )
    store.save("queue", {"resolvers": [server.address]}, by="test")
    store.save("esmtp", {"proxy_from": ["127.0.0.1"]}, by="test")
    tree = tmp_path / "etc/courier"
    shutil.copytree(DATA, tree)
    (tree / "esmtpd").write_text((tree / "esmtpd").read_text().replace("TARPIT=1", "TARPIT=0"))
    plan = read.plan(tree, "courier", tmp_path, "mail.example.com", "")
    applied = apply.apply(plan, summary="Import", by="test")
    current.refresh()
    assert applied.change_set is not None
    yield applied.change_set
    server.stop()


def recipient(smtp: Addresses, address: str, path: str, sender: str = "ann@good.example") -> str:
    """The last answer to MAIL and RCPT by the peer at `address`."""
    connection = Connection(smtp["smtp"])
    said = [
        f"PROXY TCP4 {address} 127.0.0.1 1 25\r\nEHLO good.example",
        f"MAIL FROM:<{sender}>",
        f"RCPT TO:<{path}>",
    ]
    answer = ""
    for line in said:
        connection.send(line.encode() + b"\r\n")
        answer = connection.line()
        while answer[:3] == "220" or answer[3:4] == "-":
            answer = connection.line()
        if not answer.startswith("250"):
            break
    return answer


def test_strangers_reach_whom_the_old_server_took_mail_for(
    change_set: int, smtp: Addresses
) -> None:
    assert recipient(smtp, STRANGER, "root@example.com").startswith("250")
    assert recipient(smtp, STRANGER, "info@hosted.example").startswith("250")
    assert recipient(smtp, STRANGER, "joe@secondary.example").startswith("250")
    assert recipient(smtp, STRANGER, "nobody@hosted.example").startswith("550")
    assert recipient(smtp, STRANGER, "joe@elsewhere.test").startswith("513")


def test_networks_are_treated_as_smtpaccess_says(change_set: int, smtp: Addresses) -> None:
    assert recipient(smtp, "10.1.2.3", "joe@elsewhere.test").startswith("250")
    assert not recipient(smtp, "10.1.9.1", "joe@elsewhere.test").startswith("250")
    blocked = recipient(smtp, "198.51.100.7", "root@example.com")
    assert blocked == "550 5.7.1 Not from there, thank you."
    assert recipient(smtp, "203.0.113.9", "root@example.com")[0] == "5"


def test_senders_are_refused_as_bofh_says(change_set: int, smtp: Addresses) -> None:
    refused = recipient(smtp, STRANGER, "root@example.com", "spammer@bad.test")
    assert refused.startswith("517")


def test_after_undo_it_is_as_if_nothing_had_been(change_set: int, smtp: Addresses) -> None:
    undo(change_set, by="test")
    current.refresh()
    assert recipient(smtp, "10.1.2.3", "joe@elsewhere.test").startswith("513")
    assert recipient(smtp, STRANGER, "info@hosted.example").startswith("513")
    assert recipient(smtp, "203.0.113.9", "alice@example.com").startswith("250")
