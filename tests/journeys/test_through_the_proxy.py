"""A whole server with the proxy switched on: clients reach their mail through it."""

import imaplib
import poplib
import ssl
from collections.abc import Iterator

import pytest

from tests.support.ports import free_ports
from tests.support.stack import Stack

pytestmark = pytest.mark.journey

ALICE = "alice@example.test"
LISTENERS = ("imap_proxy", "imaps_proxy", "pop3_proxy", "pop3s_proxy")


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything on one machine, which is a node to its own proxy and believes it."""
    ports = dict(zip(LISTENERS, free_ports(len(LISTENERS)), strict=True))
    made = Stack(
        tmp_path_factory.mktemp("proxied") / "var",
        {f"COURIER_PORT_{name.upper()}": str(port) for name, port in ports.items()},
    )
    made.ports.update(ports)
    made.setup()
    made.manage("settings", "set", "proxy.enabled", "yes")
    made.manage("settings", "set", "auth.proxy_from", "127.0.0.1")
    made.start()
    yield made
    made.stop()


def test_mail_is_read_through_the_proxy_of_the_same_machine(stack: Stack) -> None:
    stack.send("ann@remote.test", ALICE, b"Subject: by way of the proxy\r\n\r\nhi\r\n")
    stack.wait_for_mail(ALICE, b"by way of the proxy")
    context = ssl._create_unverified_context()
    client = imaplib.IMAP4_SSL("127.0.0.1", stack.ports["imaps_proxy"], ssl_context=context)
    client.login(ALICE, stack.passwords[ALICE])
    client.select("INBOX", readonly=True)
    _, found = client.search(None, "SUBJECT", "proxy")
    (number,) = found[0].split()
    assert b"by way of the proxy" in client.fetch(number, "(BODY.PEEK[HEADER])")[1][0][1]
    client.logout()
    fetching = poplib.POP3("127.0.0.1", stack.ports["pop3_proxy"], 30)
    fetching.stls(context)
    fetching.user(ALICE)
    fetching.pass_(stack.passwords[ALICE])
    assert fetching.stat()[0] >= 1
    fetching.quit()
    log = stack.log.read_text()
    assert any("at=proxyd event=session.opened" in line and "node=main" in line
               for line in log.splitlines())  # fmt: skip


def test_a_proxy_that_was_killed_is_started_again(stack: Stack) -> None:
    stack.kill("proxyd")
    stack.until(lambda: stack._answers("imap_proxy"), "the proxy does not answer")
    client = imaplib.IMAP4("127.0.0.1", stack.ports["imap_proxy"])
    client.login(ALICE, stack.passwords[ALICE])
    client.logout()
