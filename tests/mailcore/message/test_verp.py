"""VERP: the encoding of Courier's XVERP."""

from hypothesis import given
from hypothesis import strategies as st

from mailcore.envelope import quote_local
from mailcore.message import verp

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='"\\'),
               min_size=1)  # fmt: skip
HOST = st.from_regex(r"[a-z0-9-]{1,20}\.[a-z]{2,5}|\[[0-9.:]{3,15}\]", fullmatch=True)


def test_the_examples_of_the_extension() -> None:
    encoded = verp.encode("list-bounce-17@lists.example", "j+k@host.tld")
    assert encoded == "list-bounce-17-j+2Bk=host.tld@lists.example"
    assert verp.encode("l@a.test", "x=y-z@sub-1.test") == "l-x=y+2Dz=sub+2D1.test@a.test"
    assert verp.encode("l@a.test", "u@[1.2.3.4]") == "l-u=+5B1.2.3.4+5D@a.test"


def test_a_sender_without_a_domain_stays_as_it_is() -> None:
    assert verp.encode("", "j@host.tld") == ""


def test_quoted_local_parts_are_quoted_as_a_whole() -> None:
    assert verp.encode("l@a.test", '"a b"@host.tld') == '"l-a b=host.tld"@a.test'


def test_what_is_not_encoded_decodes_to_nothing() -> None:
    assert verp.decode("list-bounce") is None
    assert verp.decode("=host") is None
    assert verp.decode("l-a+2bb+zz=host.tld") == ("l", "a+b+zz@host.tld")


@given(TEXT, HOST)
def test_the_recipient_comes_back(local: str, host: str) -> None:
    path = f"{quote_local(local)}@{host}"
    encoded = verp.encode("list-owner@a.test", path)
    own, at, domain = encoded.rpartition("@")
    assert (at, domain) == ("@", "a.test")
    if own.startswith('"'):
        own = own[1:-1]
    assert verp.decode(own) == ("list-owner", path)
