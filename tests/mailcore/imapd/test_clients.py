"""Real clients: Python's imaplib, curl, mbsync."""

import base64
import hashlib
import hmac
import imaplib
import shutil
import subprocess
from pathlib import Path

import pytest

from mailcore.mailbox.store import MailStore
from tests.support import mailboxes

Listeners = dict[str, tuple[str, int]]


def test_imaplib_reads_and_writes(imap: Listeners) -> None:
    client = imaplib.IMAP4(*imap["imap"])
    client.login("alice@example.com", "wonderland")
    assert client.select()[1] == [b"3"]
    _, found = client.fetch("2", "(RFC822)")
    assert isinstance(found[0], tuple)
    assert found[0][1] == mailboxes.MIXED
    client.store("1", "+FLAGS", "(\\Deleted)")
    client.expunge()
    assert client.uid("SEARCH", "ALL")[1] == [b"2 3"]
    assert client.append("INBOX.Sent", "(\\Seen)", "", mailboxes.PLAIN)[0] == "OK"
    assert client.status("INBOX.Sent", "(MESSAGES UNSEEN)")[1] == [
        b"INBOX.Sent (MESSAGES 1 UNSEEN 0)"
    ]
    client.logout()


def test_imaplib_over_implicit_tls_and_starttls(imap: Listeners) -> None:
    import ssl

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with imaplib.IMAP4_SSL(*imap["imaps"], ssl_context=context) as client:
        assert "STARTTLS" not in client.capabilities
        client.login("alice@example.com", "wonderland")
    with imaplib.IMAP4(*imap["imap"]) as client:
        client.starttls(context)
        client.login("alice@example.com", "wonderland")
        assert client.select()[1] == [b"3"]


def test_scram_needs_no_password_on_the_wire(imap: Listeners) -> None:
    client = imaplib.IMAP4(*imap["imap"])
    first = "n=alice@example.com,r=fyko+d2lbbFgONRv9qkxdawL"
    replies: list[bytes] = []

    def answer(challenge: bytes) -> bytes:
        replies.append(challenge)
        if len(replies) == 1:
            return ("n,," + first).encode()
        if len(replies) == 3:
            return b""
        fields = dict(part.split("=", 1) for part in challenge.decode().split(","))
        salted = hashlib.pbkdf2_hmac(
            "sha256", b"wonderland", base64.b64decode(fields["s"]), int(fields["i"])
        )
        key = hmac.digest(salted, b"Client Key", "sha256")
        final = f"c=biws,r={fields['r']}"
        signed = f"{first},{challenge.decode()},{final}".encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), signed, "sha256")
        proof = bytes(left ^ right for left, right in zip(key, signature, strict=True))
        return f"{final},p={base64.b64encode(proof).decode()}".encode()

    assert client.authenticate("SCRAM-SHA-256", answer)[0] == "OK"
    assert replies[2].startswith(b"v=")
    client.logout()


@pytest.mark.interop
def test_curl_fetches_a_message(imap: Listeners) -> None:
    host, port = imap["imap"]
    done = subprocess.run(
        ["curl", "-s", "--user", "alice@example.com:wonderland",
         f"imap://{host}:{port}/INBOX;UID=2"],
        capture_output=True, timeout=20, check=True,
    )  # fmt: skip
    assert done.stdout == mailboxes.MIXED


MBSYNC = """
IMAPAccount courier
Host {host}
Port {port}
User alice@example.com
Pass wonderland
{ssl} None
AuthMechs LOGIN

IMAPStore far
Account courier

MaildirStore near
Path {near}/
Inbox {near}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
Remove Both
SyncState *
"""


@pytest.mark.interop
def test_mbsync_keeps_two_sides_equal(imap: Listeners, alice: Path, tmp_path: Path) -> None:
    assert shutil.which("mbsync"), "apt-get install isync"
    host, port = imap["imap"]
    near = tmp_path / "near"
    near.mkdir()
    version = subprocess.run(["mbsync", "-v"], capture_output=True, text=True, check=True).stdout
    word = "SSLType" if version.split()[1] < "1.5" else "TLSType"
    config = tmp_path / "mbsyncrc"
    config.write_text(MBSYNC.format(host=host, port=port, near=near, ssl=word))

    def run() -> None:
        done = subprocess.run(
            ["mbsync", "-c", str(config), "-a"], capture_output=True, text=True, timeout=60,
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    run()
    box = near / "INBOX"
    pulled = sorted(file for part in ("new", "cur") for file in (box / part).iterdir())
    assert len(pulled) == 3
    (box / "new" / "1.local.host").write_bytes(b"Subject: made near\n\nhello\n")
    pulled[0].unlink()
    run()
    with MailStore(alice) as store:
        inbox = store.folder("INBOX")
        inbox.sync()
        assert "made near" in [row.subject for row in inbox.page()]
        assert inbox.summary().exists == 3
        inbox.set_flags(inbox.uids(), add=["\\Flagged"])
    run()
    assert all(":2,F" in file.name for file in (box / "cur").iterdir())
