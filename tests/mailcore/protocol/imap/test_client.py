"""One command is made of any name and password, and what a server says never surprises."""

import binascii
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol import sasl, sasl_client
from mailcore.protocol.imap import client, identity
from mailcore.protocol.imap.framer import Complete, Framer
from mailcore.protocol.imap.lexer import Arguments

# What breaks out of a command where quoting is forgotten.
NASTY = st.sampled_from(
    ['"', "\\", "\r\n", "\n", "{5}\r\n", "{5+}\r\n", ' ")', "\x7f", "é", "\r\na2 NOOP\r\n", "\0"]
)
WORDS = st.lists(st.one_of(st.text(max_size=8), NASTY), max_size=8).map("".join)


def heard(pieces: list[bytes]) -> bytes:
    """The one command that a server hears; every piece but the last asks to go on."""
    framer = Framer(1 << 16, lambda head: 1 << 16)
    for piece in pieces[:-1]:
        framer.feed(piece)
        event = framer.next()
        assert event is not None
        assert not isinstance(event, Complete), "the command ended early"
        assert not framer.pending
        framer.accept()
    framer.feed(pieces[-1])
    event = framer.next()
    assert isinstance(event, Complete)
    assert not framer.pending
    assert framer.next() is None
    return event.data


@given(WORDS, WORDS)
def test_property_login_is_one_command_with_this_name_and_password(
    name: str, password: str
) -> None:
    try:
        pieces = client.login(b"p1", name, password)
    except GrammarError:
        assert "\0" in name + password
        return
    arguments = Arguments(heard(pieces))
    assert arguments.tag() == b"p1"
    assert arguments.keyword() == b"LOGIN"
    for wanted in (name, password):
        arguments.space()
        assert arguments.astring() == wanted.encode()
    arguments.end()


@given(WORDS, WORDS, WORDS)
def test_property_plain_is_read_as_what_was_meant_or_not_said(
    authzid: str, name: str, password: str
) -> None:
    try:
        said = sasl_client.plain(authzid, name, password)
    except GrammarError:
        assert "\0" in authzid + name + password or not name
        return
    assert sasl.Plain().step(said) == sasl.Credentials(authzid, name, password)


@given(st.binary(max_size=300), st.booleans())
def test_property_authenticate_is_one_command(response: bytes, at_once: bool) -> None:
    pieces = client.authenticate_plain(b"p1", response, at_once=at_once)
    assert all(piece.count(b"\n") == 1 and piece.endswith(b"\r\n") for piece in pieces)
    last = pieces[-1].rsplit(b" ", 1)[-1]
    assert binascii.a2b_base64(last) == response


@given(st.dictionaries(WORDS.map(str.lower), WORDS, max_size=5))
def test_property_identification_is_one_command_of_printable_fields(fields: dict[str, str]) -> None:
    arguments = Arguments(heard([client.identify(b"p1", fields)]))
    arguments.tag()
    arguments.keyword()
    arguments.space()
    found = identity.fields(arguments)
    arguments.end()
    plain = [(n, v) for n, v in fields.items() if (n + v).isascii() and (n + v + " ").isprintable()]
    assert found == dict(plain)


@given(st.binary(max_size=200))
def test_property_no_line_of_a_server_does_harm(line: bytes) -> None:
    client.status(line)
    assert client.literal_size(line) >= 0
    assert all(word.isascii() and " " not in word for word in client.capability_line(line))
    assert all(word.isprintable() for word in client.words(line))
    with contextlib.suppress(GrammarError):
        client.greeting(line)


def test_a_status_has_its_code_and_its_text() -> None:
    found = client.status(b"p1 OK [CAPABILITY IMAP4rev1 IDLE] Logged in.")
    assert found == client.Status(b"p1", "OK", "CAPABILITY", b"IMAP4rev1 IDLE", "Logged in.")
    assert client.words(found.data) == ("IMAP4rev1", "IDLE")
    assert client.status(b"p1 no") == client.Status(b"p1", "NO", "", b"", "")
    assert client.status(b"* OK hello") is None


@pytest.mark.parametrize("line", [b"* PREAUTH hello", b"* BYE full", b"220 smtp", b"", b"+OK pop3"])
def test_a_greeting_that_takes_no_logins_is_none(line: bytes) -> None:
    with pytest.raises(GrammarError):
        client.greeting(line)
