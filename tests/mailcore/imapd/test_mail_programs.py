"""Mail programs and libraries people use, each on one whole errand."""

import asyncio
from pathlib import Path

import aioimaplib
import imapclient
import pytest

from mailcore.mailbox.store import MailStore
from tests.support import mailboxes
from tests.support.programs import run

Listeners = dict[str, tuple[str, int]]


@pytest.mark.interop
def test_imapclient_uses_what_is_offered(imap: Listeners) -> None:
    host, port = imap["imap"]
    with imapclient.IMAPClient(host, port, ssl=False) as client:
        client.login("alice@example.com", "wonderland")
        assert {b"QRESYNC", b"MULTIAPPEND", b"UIDPLUS"} <= set(client.capabilities())
        assert client.enable("CONDSTORE") == [b"CONDSTORE"]
        client.create_folder("INBOX.Entwürfe")
        assert "INBOX.Entwürfe" in [name for _, _, name in client.list_folders()]
        client.multiappend(
            "INBOX.Entwürfe",
            [{"msg": mailboxes.PLAIN, "flags": ["\\Draft"]}, {"msg": mailboxes.MIXED}],
        )
        client.select_folder("INBOX.Entwürfe")
        assert client.search(["SUBJECT", "Grüße"], charset="UTF-8") == [2]
        assert client.sort(["REVERSE DATE"]) == [2, 1]
        assert client.thread("REFERENCES") == ((1, 2),)
        fetched = client.fetch([1], ["ENVELOPE", "BODYSTRUCTURE", "FLAGS", "RFC822", "PREVIEW"])
        assert fetched[1][b"RFC822"] == mailboxes.PLAIN
        assert fetched[1][b"ENVELOPE"].subject == b"Plain words"
        assert b"\\Draft" in fetched[1][b"FLAGS"]
        client.add_flags([2], ["\\Deleted"])
        client.uid_expunge([2])
        client.move([1], "INBOX.Archive")
        assert client.folder_status("INBOX.Entwürfe", ["MESSAGES"]) == {b"MESSAGES": 0}
        client.idle()
        client.idle_done()
        assert client.get_quota_root("INBOX")[0].quota_roots == ["ROOT"]


@pytest.mark.interop
async def test_aioimaplib_hears_of_new_mail_in_idle(imap: Listeners, alice: Path) -> None:
    host, port = imap["imap"]
    client = aioimaplib.IMAP4(host, port, timeout=20)
    await client.wait_hello_from_server()
    await client.login("alice@example.com", "wonderland")
    assert (await client.select("INBOX")).result == "OK"
    idle = await client.idle_start(timeout=60)
    await asyncio.to_thread(mailboxes.fill, alice, (mailboxes.PLAIN,), seconds=1_769_000_000)
    pushed: list[bytes] = []
    while b"4 EXISTS" not in pushed:
        pushed += await client.wait_server_push(20)
    client.idle_done()
    await asyncio.wait_for(idle, 20)
    found = await client.uid("fetch", "4", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    assert b"Subject: Plain words\r\n\r\n" in found.lines
    await client.logout()


@pytest.mark.interop
def test_fetchmail_takes_everything_once(imap: Listeners, alice: Path, tmp_path: Path) -> None:
    host, port = imap["imap"]
    settings = tmp_path / "fetchmailrc"
    settings.write_text(
        f"poll {host} proto imap port {port} auth password"
        ' user "alice@example.com" password "wonderland" sslproto "" no rewrite'
        f" mda \"/bin/sh -c 'cat >> {tmp_path}/mbox'\"\n"
    )
    settings.chmod(0o600)
    command = ["fetchmail", "-f", str(settings), "-i", str(tmp_path / "ids"), "--pidfile",
               str(tmp_path / "pid")]  # fmt: skip
    run(command, tmp_path)
    taken = (tmp_path / "mbox").read_text()
    assert taken.count("the bridge is finished.") == 2  # as it is, and forwarded
    assert "JVBERi0xLjQK" in taken
    run(command, tmp_path, errors=(1,))  # 1: there is nothing new
    with MailStore(alice) as store:
        assert store.folder("INBOX").summary().exists == 0


@pytest.mark.interop
def test_offlineimap_keeps_two_sides_equal(imap: Listeners, alice: Path, tmp_path: Path) -> None:
    host, port = imap["imap"]
    settings = tmp_path / "offlineimaprc"
    settings.write_text(
        f"[general]\naccounts = a\nmetadata = {tmp_path}/state\nui = quiet\n"
        "[Account a]\nlocalrepository = near\nremoterepository = far\n"
        f"[Repository near]\ntype = Maildir\nlocalfolders = {tmp_path}/near\n"
        f"[Repository far]\ntype = IMAP\nremotehost = {host}\nremoteport = {port}\n"
        "remoteuser = alice@example.com\nremotepass = wonderland\nssl = no\nstarttls = no\n"
        "auth_mechanisms = LOGIN\n"
    )
    command = ["offlineimap", "-c", str(settings), "-o"]
    run(command, tmp_path)
    box = tmp_path / "near" / "INBOX"
    files = [file for part in ("new", "cur") for file in (box / part).iterdir()]
    assert len(files) == 3
    with MailStore(alice) as store:
        store.folder("INBOX").set_flags([1, 2, 3], add=["\\Flagged"])
    run(command, tmp_path)
    files = [file for part in ("new", "cur") for file in (box / part).iterdir()]
    assert [file.name.rpartition(",")[2] for file in files] == ["F", "F", "F"]
    files[0].unlink()
    files[1].rename(f"{files[1]}RS")
    (box / "new" / "1.near.host").write_bytes(b"Message-ID: <near@x>\nSubject: made near\n\nhi\n")
    run(command, tmp_path)
    with MailStore(alice) as store:
        inbox = store.folder("INBOX")
        inbox.sync()
        assert "made near" in [row.subject for row in inbox.page()]
        assert sorted(sorted(row.flags) for row in inbox.page()) == [
            [], ["\\Answered", "\\Flagged", "\\Seen"], ["\\Flagged"],
        ]  # fmt: skip
