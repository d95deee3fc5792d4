"""One command is made of any name and password, or none; replies never surprise."""

import binascii
import contextlib

from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol.pop3 import client, commands
from mailcore.protocol.pop3.client import Reply

WORDS = st.lists(
    st.one_of(st.text(max_size=8), st.sampled_from(["\r\n", "\n", "\0", " ", "\r\nQUIT\r\n", "é"])),
    max_size=8,
).map("".join)


@given(WORDS)
def test_property_a_name_or_password_is_one_command_or_not_said(text: str) -> None:
    for make, verb in ((client.user, "USER"), (client.password, "PASS")):
        try:
            line = make(text)
        except GrammarError:
            continue
        assert line.count(b"\n") == 1
        command = commands.parse(line.removesuffix(b"\r\n"))
        assert command.verb == verb
        assert commands.name(command.argument) == text


@given(st.binary(max_size=400))
def test_property_auth_is_one_command_that_every_server_takes(response: bytes) -> None:
    pieces = client.auth_plain(response)
    assert all(piece.count(b"\n") == 1 and piece.endswith(b"\r\n") for piece in pieces)
    assert len(pieces[0]) <= commands.MAX_LINE
    assert binascii.a2b_base64(pieces[-1].rsplit(b" ", 1)[-1]) == response


@given(st.binary(max_size=100))
def test_property_any_line_is_a_reply_or_a_syntax_error(line: bytes) -> None:
    client.is_prompt(line)
    with contextlib.suppress(GrammarError):
        client.reply(line)


def test_a_reply_has_its_code_and_its_text() -> None:
    assert client.reply(b"-ERR [AUTH] No.") == Reply(False, "AUTH", "No.")
    assert client.reply(b"-ERR [SYS/TEMP] Later.") == Reply(False, "SYS/TEMP", "Later.")
    assert client.reply(b"+OK") == Reply(True, "", "")
