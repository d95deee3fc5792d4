"""Other ways out: proxies, the backup relay, a listener's own address and name."""

import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from mailcore.conf import current, store
from mailcore.errors import ConfigError
from mailcore.net import socks
from mailcore.net.socks import Proxy
from mailcore.queue.models import Message, Recipient
from tests.support.outgoing import Start, attempt_all, configure, send
from tests.support.ports import free_ports
from tests.support.remote import Remote

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


@pytest.fixture
def proxy() -> Iterator[int]:
    """Debian's microsocks; its port.  It connects from 127.0.0.9, and wants a password."""
    (port,) = free_ports(1)
    process = subprocess.Popen(
        ["/usr/bin/microsocks", "-i", "127.0.0.1", "-p", str(port), "-b", "127.0.0.9",
         "-u", "me", "-P", "secret"],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            assert time.monotonic() < until, "microsocks did not start"
            time.sleep(0.02)
    yield port
    process.kill()
    process.wait()


@pytest.mark.interop
@pytest.mark.parametrize(
    ("setting", "flag", "came_from"),
    [
        ("me:secret@127.0.0.1:{port}", "", "127.0.0.9"),
        ("", " /SOCKS=me:secret@127.0.0.1:{port}", "127.0.0.9"),
        ("me:secret@127.0.0.1:{port}", " /SOCKS=NONE", "127.0.0.1"),
    ],
)
def test_mail_goes_through_a_socks_proxy(
    remote: Start, proxy: int, setting: str, flag: str, came_from: str
) -> None:
    server = remote(route="far.test:[127.0.0.1],{port}" + flag.replace("{port}", str(proxy)))
    configure("outgoing", socks=setting.replace("{port}", str(proxy)))
    send("ann@far.test")
    attempt_all()
    assert len(server.mails) == 1
    assert server.peers == [came_from]


@pytest.mark.interop
@pytest.mark.parametrize("login", ["me:wrong@", ""])
def test_a_proxy_that_refuses_puts_mail_off(remote: Start, proxy: int, login: str) -> None:
    server = remote()
    configure("outgoing", socks=f"{login}127.0.0.1:{proxy}")
    send("ann@far.test")
    attempt_all()
    assert server.mails == []
    row = Recipient.objects.get()
    assert (row.action, row.status) == ("delayed", "4.4.1")
    assert "proxy" in row.reply


def test_proxies_are_named_by_host_and_port() -> None:
    assert socks.parse("a.test:1080") == Proxy("a.test", 1080)
    assert socks.parse("me:p:w@[::1]:99") == Proxy("::1", 99, "me", "p:w")
    for wrong in ("", "a.test", "a.test:0", "a.test:99999", "me@a.test:1", "a b:1"):
        with pytest.raises(ConfigError):
            socks.parse(wrong)


def late(*to: str) -> None:
    send(*to)
    Message.objects.update(warn_at=1.0)


def test_late_mail_goes_to_the_backup_relay_instead_of_a_warning() -> None:
    backup, dead = Remote(), Remote()
    dead.stop()
    configure(
        routes=(f"dead.test:[127.0.0.1],{dead.port}", f"backup.test:[127.0.0.1],{backup.port}"),
        keepalive=0,
    )
    configure("outgoing", backup_relay="backup.test")
    late("ann@dead.test", "joe@dead.test")
    assert attempt_all() == {"esmtp"}  # nobody is warned
    assert {row.host for row in Recipient.objects.all()} == {"backup.test"}
    attempt_all()
    (mail,) = backup.mails
    assert [line.split(" ")[1] for line in mail.rcpts] == [
        "TO:<ann@dead.test>",
        "TO:<joe@dead.test>",
    ]
    backup.stop()


def test_a_dead_backup_relay_ends_in_neither_warnings_nor_circles() -> None:
    dead = Remote()
    dead.stop()
    configure(routes=(f":[127.0.0.1],{dead.port}",), host_rest=0)
    configure("outgoing", backup_relay="backup.test")
    late("ann@dead.test")
    attempt_all()
    assert attempt_all() == set()
    row = Recipient.objects.get()
    assert (row.host, row.state, row.attempts) == ("backup.test", "queued", 2)
    assert not Message.objects.get().report


def test_mail_that_is_not_late_does_not_go_to_the_backup_relay() -> None:
    dead = Remote()
    dead.stop()
    configure(routes=(f":[127.0.0.1],{dead.port}",))
    configure("outgoing", backup_relay="backup.test")
    send("ann@dead.test")
    attempt_all()
    assert Recipient.objects.get().host == "dead.test"


def test_a_listener_has_its_own_name_and_source_address(remote: Start) -> None:
    """Courier's vanity configuration: ipout and esmtphelo of the address that took the mail."""
    server = remote()
    store.save(
        "queue", {"helo": "shop.test", "source_ipv4": "127.0.0.7"}, by="t", scope="listener:shop"
    )
    current.refresh()
    send("ann@far.test", listener="shop")
    send("joe@far.test")
    attempt_all()
    assert sorted(server.said("EHLO")) == ["EHLO mail.example.test", "EHLO shop.test"]
    assert sorted(server.peers) == ["127.0.0.1", "127.0.0.7"]
