"""Small questions that would cost much: bounded, refused, or cheap (ABUSE 5.2)."""

from pathlib import Path

import pytest

from mailcore.imapd.commands import criteria
from mailcore.mailbox.changes import View
from mailcore.mailbox.places import Place
from mailcore.mailbox.rights import ALL, Who
from mailcore.mailbox.search import Fuzzy
from mailcore.mailbox.store import MailStore
from mailcore.maildir.quota import NO_QUOTA
from mailcore.protocol.imap import search_keys
from mailcore.protocol.imap.lexer import Arguments
from tests.support.imap_client import ImapClient

Listeners = dict[str, tuple[str, int]]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("SEARCH " + "OR SEEN " * 10_000 + "ALL", "BAD Command too long."),
        ("SEARCH " + "OR SEEN " * 6000 + "ALL", "BAD Nested too deeply."),
        ("SEARCH " + "FUZZY " * 10_000 + "ALL", "BAD Nested too deeply."),
        ("SEARCH " + "SEEN " * 10_000 + "ALL", "BAD Too many search keys."),
        ("SEARCH " + "(OR SEEN ALL) " * 6000 + "ALL", "BAD "),
        ("FETCH 1:* BODY[HEADER.FIELDS (" + "x " * 5000 + "x)]", "BAD Too many header fields."),
        ("FETCH 1:* (" + "BODY[] BODY[]<1.1> " * 3000 + "UID)", "BAD "),
        ("FETCH 1:* (" + " ".join(f"BINARY[{n}]" for n in range(1, 60)) + ")", "BAD Too many"),
        ("FETCH 1 BINARY[" + "1." * 90 + "1]", "BAD No such part."),
        ("FETCH 1 BINARY[1]<-1.5>", "BAD "),
        ("SORT (" + "DATE " * 500 + "DATE) UTF-8 ALL", "BAD Too many sort keys."),
        ("FETCH " + "1," * 30_000 + "1 UID", "BAD Too many message numbers."),
        ("ESEARCH IN (mailboxes (" + "a " * 500 + "a)) ALL", "BAD Too many mailboxes."),
        ("SEARCH RETURN (PARTIAL 99999999999:1) ALL", "BAD "),
        ("NOOP " + "(" * 60_000, "BAD "),
        ("APPEND INBOX CATENATE (" + "URL x " * 500 + "URL x)", "BAD Too many pieces."),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_would_cost_too_much_is_refused(imap: Listeners, command: str, answer: str) -> None:
    client = ImapClient(imap["imap"])
    client.do("SELECT INBOX")
    assert client.refused(command).startswith(answer)
    client.do("NOOP")


def test_many_words_in_a_fuzzy_search_are_a_few(alice: Path) -> None:
    words = " ".join(f"w{at}" for at in range(9000))
    parser = search_keys.Parser(Arguments(f'FUZZY TEXT "{words}"'.encode()), "utf-8")
    with MailStore(alice) as store:
        inbox = store.folder("INBOX")
        who = Who("alice@example.com", is_owner=True)
        place = Place(alice, "INBOX", who, who.address, NO_QUOTA)
        row = inbox.row_now()
        view = View(inbox, row, place, rights=ALL, read_only=True, recent_from=1)
        query = criteria.query(parser.keys(), view)
        assert isinstance(query, Fuzzy)
        assert len(query.queries) == 20
        assert inbox.search(query) == []
