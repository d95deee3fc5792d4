"""Dovecot as a node: its TLS, its masters, its word on the client's address; mbsync before it."""

import imaplib
import poplib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mailcore.proxyd.conftest import ALICE, PASSWORDS, Proxy
from tests.support import dovecot as dovecots
from tests.support.certificate import make_certificate
from tests.support.dovecot import Dovecot
from tests.support.imap_client import ImapClient
from tests.support.ports import free_ports

pytestmark = pytest.mark.interop

_MORE = """\
protocols = imap pop3
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
login_trusted_networks = 127.0.0.0/8
auth_master_user_separator = *
passdb {{
  driver = static
  master = yes
  args = password=masterkey
}}
service imap-login {{
  inet_listener tls {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
"""
_MBSYNC = """\
IMAPAccount far
Host {host}
Port {port}
User alice@example.com
Pass wonderland
{word} None
AuthMechs PLAIN

IMAPStore far
Account far

MaildirStore near
Path {near}/
Inbox {near}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Near
Expunge Both
SyncState *
"""


@dataclass
class Node:
    """A Dovecot and where it is to be reached."""

    server: Dovecot
    imaps: int
    pop3: int
    certificate: Path

    def line(self, options: str = "tls=none", imap: int = 0) -> str:
        return f"alpha localhost imap={imap or self.server.port} pop3={self.pop3} {options}"

    def logged(self, *words: str) -> bool:
        lines = (self.server.base / "log").read_text().splitlines()
        return any(all(word in line for word in words) for line in lines)


@pytest.fixture(scope="module")
def dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Alice's mail, two messages, at a Dovecot that takes a proxy's word."""
    certificate, key = make_certificate(tmp_path_factory.mktemp("certificate"))
    imaps, pop3 = free_ports(2)
    more = _MORE.format(certificate=certificate, key=key, imaps=imaps, pop3=pop3)
    with (
        dovecots.home() as home,
        dovecots.dovecot(home / "Maildir", more=more) as server,
    ):
        with server.login() as client:
            for subject in ("one", "two"):
                client.append("INBOX", "", "", f"Subject: {subject}\r\n\r\nhi\r\n".encode())
        yield Node(server, imaps, pop3, certificate)


def count(imap: tuple[str, int]) -> bytes | None:
    client = imaplib.IMAP4(*imap)
    client.login(ALICE, PASSWORDS[ALICE])
    (found,) = client.select("INBOX", readonly=True)[1]
    client.logout()
    return found


def test_the_password_is_passed_on_and_the_capabilities_are_its_own(
    proxy: Proxy, dovecot: Node
) -> None:
    with proxy(nodes=[dovecot.line()]) as addresses:
        client = ImapClient(addresses["imap_proxy"], name="")
        assert "SNIPPET=FUZZY" not in client.greeting
        answer = client.do(f"LOGIN {ALICE} {PASSWORDS[ALICE]}")[-1]
        assert "SNIPPET=FUZZY" in answer
        assert "QRESYNC" in answer
        assert any("2 EXISTS" in line for line in client.do("EXAMINE INBOX"))


def test_it_logs_the_clients_own_address(proxy: Proxy, dovecot: Node) -> None:
    with proxy(nodes=[dovecot.line()]) as addresses:
        ImapClient(addresses["imap_proxy"], source="127.0.0.11")
        client = poplib.POP3(*addresses["pop3_proxy"], 30)
        client.user(ALICE)
        client.pass_(PASSWORDS[ALICE])
        assert client.stat()[0] == 2
        client.quit()
    assert dovecot.logged("imap-login", "Login", ALICE, "rip=127.0.0.11")
    assert dovecot.logged("pop3-login", "Login", ALICE, "rip=127.0.0.1")


@pytest.mark.parametrize("way", ["authzid", "suffix"])
def test_a_master_lets_alice_in(proxy: Proxy, dovecot: Node, way: str) -> None:
    settings = {"login": way, "master_user": "boss", "master_password": "masterkey"}
    with proxy(nodes=[dovecot.line()], **settings) as addresses:
        assert count(addresses["imap_proxy"]) == b"2"
        client = poplib.POP3(*addresses["pop3_proxy"], 30)
        client.user(ALICE)
        client.pass_(PASSWORDS[ALICE])
        assert client.stat()[0] == 2
        client.quit()
    with proxy(nodes=[dovecot.line()], **{**settings, "master_password": "x"}) as addresses:
        refused = ImapClient(addresses["imap_proxy"], name="")
        assert "[UNAVAILABLE]" in refused.refused(f"LOGIN {ALICE} {PASSWORDS[ALICE]}")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_that_is_believed_is_needed_for_tls(
    proxy: Proxy, dovecot: Node, tls: str
) -> None:
    port = dovecot.imaps if tls == "implicit" else 0
    believed = dovecot.certificate.read_text()
    with proxy(nodes=[dovecot.line(f"tls={tls}", port)], authorities=believed) as addresses:
        assert count(addresses["imap_proxy"]) == b"2"
    assert dovecot.logged("imap-login", "Login", ALICE, "TLS")
    with proxy(nodes=[dovecot.line(f"tls={tls}", port)], authorities="") as addresses:
        client = ImapClient(addresses["imap_proxy"], name="")
        assert "[UNAVAILABLE]" in client.refused(f"LOGIN {ALICE} {PASSWORDS[ALICE]}")
    with proxy(nodes=[dovecot.line(f"tls={tls} certificate=any", port)]) as addresses:
        assert count(addresses["imap_proxy"]) == b"2"


def test_pop3_begins_tls_too(proxy: Proxy, dovecot: Node) -> None:
    authorities = dovecot.certificate.read_text()
    with proxy(nodes=[dovecot.line("tls=starttls")], authorities=authorities) as addresses:
        client = poplib.POP3(*addresses["pop3_proxy"], 30)
        client.user(ALICE)
        client.pass_(PASSWORDS[ALICE])
        assert client.stat()[0] == 2
        client.quit()


def test_mbsync_fetches_through_the_proxy(proxy: Proxy, dovecot: Node, tmp_path: Path) -> None:
    assert shutil.which("mbsync"), "apt-get install isync"
    version = subprocess.run(["mbsync", "-v"], capture_output=True, text=True, check=True).stdout
    word = "SSLType" if version.split()[1] < "1.5" else "TLSType"
    near = tmp_path / "near"
    near.mkdir()
    config = tmp_path / "mbsyncrc"
    with proxy(nodes=[dovecot.line()]) as addresses:
        host, port = addresses["imap_proxy"]
        config.write_text(_MBSYNC.format(host=host, port=port, near=near, word=word))
        done = subprocess.run(
            ["mbsync", "-c", str(config), "-a"], capture_output=True, text=True, timeout=60,
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pulled = [
        file.read_bytes() for part in ("new", "cur") for file in (near / "INBOX" / part).iterdir()
    ]
    assert sorted(data.split(b"\n")[0].strip() for data in pulled) == [
        b"Subject: one",
        b"Subject: two",
    ]
