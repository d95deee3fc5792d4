"""The libraries Python programs read mail with: imapclient and aioimaplib."""

import asyncio
from pathlib import Path

import imapclient
import pytest
from aioimaplib import aioimaplib

from mailcore.mailbox.store import MailStore
from tests.support import mailboxes

Listeners = dict[str, tuple[str, int]]


@pytest.mark.interop
def test_imapclient_hears_of_others_and_follows_mod_sequences(imap: Listeners) -> None:
    host, port = imap["imap"]
    with (
        imapclient.IMAPClient(host, port, ssl=False) as client,
        imapclient.IMAPClient(host, port, ssl=False) as other,
    ):
        for each in (client, other):
            each.login("alice@example.com", "wonderland")
        assert (b"name", b"Courier") in client.id_({"name": "tests"})
        assert client.namespace().personal == (("INBOX.", "."),)
        rights = dict(client.getacl("INBOX"))
        assert set(b"lrswi") <= set(rights[b"owner"])
        assert client.find_special_folder(b"\\Trash") == "INBOX.Trash"
        client.enable("CONDSTORE")
        before = client.select_folder("INBOX")[b"HIGHESTMODSEQ"]
        client.idle()
        other.select_folder("INBOX")
        other.add_flags([2], ["$Forwarded"])
        told = client.idle_check(timeout=20)
        client.idle_done()
        assert told[0][:2] == (2, b"FETCH")
        changed = client.fetch([1, 2, 3], ["FLAGS"], [f"CHANGEDSINCE {before}"])
        assert list(changed) == [2]
        assert client.search(["MODSEQ", str(before + 1)]) == [2]
        client.copy([2], "INBOX.Archive")
        client.rename_folder("INBOX.Archive", "INBOX.Attic")
        assert client.folder_status("INBOX.Attic", ["MESSAGES"]) == {b"MESSAGES": 1}


async def errand(address: tuple[str, int], maildir: Path) -> None:
    client = aioimaplib.IMAP4(*address)
    await client.wait_hello_from_server()
    assert (await client.login("alice@example.com", "wonderland")).result == "OK"
    assert (await client.enable("CONDSTORE")).result == "OK"
    assert aioimaplib.extract_exists(await client.select("INBOX")) == 3
    assert (await client.id(name="tests")).result == "OK"
    assert b'(("INBOX." "."))' in (await client.namespace()).lines[0]
    assert (await client.getquotaroot("INBOX")).result == "OK"
    assert (await client.uid_search("FROM", "juergen")).lines[0] == b"2"
    fetched = await client.uid("fetch", "2", "BODY.PEEK[]")
    assert bytes(fetched.lines[1]) == mailboxes.MIXED
    added = await client.append(mailboxes.PLAIN, mailbox="INBOX.Sent", flags="\\Seen")
    assert added.result == "OK"

    idle = await client.idle_start(timeout=30)
    await asyncio.to_thread(_deliver, maildir)
    told: list[bytes] = []
    while b"4 EXISTS" not in told:
        told += await client.wait_server_push(timeout=20)
    client.idle_done()
    await asyncio.wait_for(idle, 20)

    assert (await client.move("1", "INBOX.Archive")).result == "OK"
    assert (await client.uid("store", "2", "+FLAGS", "(\\Deleted)")).result == "OK"
    assert (await client.expunge()).result == "OK"
    assert (await client.uid_search("ALL")).lines[0] == b"3 4"
    assert (await client.logout()).result == "OK"


def _deliver(maildir: Path) -> None:
    mailboxes.fill(maildir, (mailboxes.PLAIN,), seconds=1_768_700_000)


@pytest.mark.interop
def test_aioimaplib_waits_moves_and_expunges(imap: Listeners, alice: Path) -> None:
    asyncio.run(errand(imap["imap"], alice))
    with MailStore(alice) as store:
        assert store.folder("INBOX.Archive").summary().exists == 1
