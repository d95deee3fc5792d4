"""Modified UTF-7.  RFC 3501 §5.1.3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol.imap import mailbox_name


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"])))
def test_encoding_can_be_undone(name: str) -> None:
    assert mailbox_name.decode_utf7(mailbox_name.encode_utf7(name)) == name


@given(st.binary(max_size=60))
def test_no_octets_raise_anything_but_grammar_errors(data: bytes) -> None:
    try:
        name = mailbox_name.decode(data, utf8=False)
    except GrammarError:
        return
    if data.isascii():
        assert mailbox_name.encode_utf7(name) == data


def test_the_example_of_the_rfc() -> None:
    assert mailbox_name.decode_utf7(b"~peter/mail/&U,BTFw-/&ZeVnLIqe-") == "~peter/mail/台北/日本語"


@pytest.mark.parametrize(
    "data", [b"&", b"&AGE-", b"&Jjo!", b"&U,BTFw-&ZeVnLIqe-", b"&2D0-", b"&-&"]
)
def test_second_spellings_are_refused(data: bytes) -> None:
    with pytest.raises(GrammarError):
        mailbox_name.decode_utf7(data)
