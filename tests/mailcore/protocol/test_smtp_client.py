"""What we say to other servers, and what we understand of their offers and answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.protocol import reply as replies
from mailcore.protocol.smtp import client, exdata, parameters
from mailcore.protocol.smtp.client import Extensions, MailWishes
from mailcore.protocol.smtp.parameters import MailOptions

EVERYTHING = MailWishes(
    size=100, eight_bit=True, smtputf8=True, verp=True, exdata=True, ret="HDRS", envid="id 7",
    security="STARTTLS", require_tls=True,
)  # fmt: skip


def offers(*keywords: str) -> Extensions:
    text = "\r\n".join(["250-far.test", *(f"250-{each}" for each in keywords), "250 OK"])
    return Extensions.of(replies.parse(text.encode().split(b"\r\n")))


def test_parameters_are_in_couriers_order() -> None:
    offered = offers(
        "SMTPUTF8", "8BITMIME", "XVERP=Courier", "DSN", "SIZE", "XSECURITY=NONE,STARTTLS",
        "XEXDATA", "REQUIRETLS",
    )  # fmt: skip
    assert client.mail("a@b", EVERYTHING, offered) == (
        b"MAIL FROM:<a@b> SMTPUTF8 BODY=8BITMIME VERP RET=HDRS ENVID=id+207 SIZE=100"
        b" SECURITY=STARTTLS EXDATA REQUIRETLS\r\n"
    )


def test_nothing_is_said_that_was_not_offered() -> None:
    assert client.mail("a@b", EVERYTHING, offers()) == b"MAIL FROM:<a@b>\r\n"


def test_a_null_reverse_path_carries_no_verp() -> None:
    assert client.mail("", MailWishes(verp=True), offers("XVERP=Courier")) == b"MAIL FROM:<>\r\n"


@pytest.mark.parametrize(
    ("orcpt", "utf8", "said"),
    [
        ("rfc822;a+b@x", True, "rfc822;a+2Bb@x"),
        ("utf-8;grüße@x", True, "utf-8;grüße@x"),
        ("utf-8;grüße@x", False, r"utf-8;gr\x{FC}\x{DF}e@x"),
        ("rfc822;grüße@x", False, r"utf-8;gr\x{FC}\x{DF}e@x"),
        ("utf-8;a+b=c\\d@x", True, r"utf-8;a\x{2B}b\x{3D}c\x{5C}d@x"),
    ],
)
def test_an_original_recipient_is_told_as_the_peer_can_take_it(
    orcpt: str, utf8: bool, said: str
) -> None:
    assert client.original(orcpt, utf8=utf8) == said


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), min_size=1),
    st.booleans(),
)
def test_property_an_original_recipient_comes_back_as_it_was(address: str, utf8: bool) -> None:
    said = client.original(f"utf-8;{address}", utf8=utf8)
    assert utf8 or said.isascii()
    assert parameters.decode_utf8_address(said.partition(";")[2]) == address


def test_extensions_know_what_can_be_trusted() -> None:
    courier = offers("XVERP=Courier", "XEXDATA", "XSECURITY=NONE,STARTTLS", "AUTH=PLAIN LOGIN")
    assert courier.verp
    assert courier.private_security
    assert courier.mechanisms == {"PLAIN", "LOGIN"}
    assert not offers("XVERP").verp
    assert not offers("XSECURITY=NONE").private_security


lines = st.lists(
    st.one_of(
        st.sampled_from(["250 Ok.", "550-<a@b>: no", "550 5.7.1 no", "450", "x", "", "999 what"]),
        st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])),
    ),
    max_size=20,
)


@given(lines, st.integers(1, 10))
def test_property_a_558_always_answers_everybody(said: list[str], recipients: int) -> None:
    assert len(exdata.split("\n".join(said), recipients)) == recipients
    wire = [f"558-{line}\r\n".encode() for line in said] or [b"558-\r\n"]
    assert len(exdata.unfinished(wire, recipients)) == recipients


def test_no_command_with_a_line_end_is_ever_made() -> None:
    for path in ("a\r\nRCPT TO:<x>@b", "a\n@b", "a@b>\r\n", "a\0@b"):
        with pytest.raises(GrammarError):
            client.mail(path, MailWishes(), offers())
        with pytest.raises(GrammarError):
            client.rcpt(path, "", "", offers())


def test_what_we_say_our_own_server_reads() -> None:
    said = client.mail("a@b", MailWishes(size=5, ret="FULL", envid="x=1"), offers("DSN", "SIZE"))
    given = dict(word.partition("=")[::2] for word in said.decode().split()[2:])
    options: MailOptions = parameters.read_mail(given, {"DSN", "SIZE"})
    assert (options.size, options.ret, options.envid) == (5, "FULL", "x=1")


def test_the_size_told_leaves_room_for_encoding() -> None:
    """Courier: bytes/75*77+256, and as 100 to 70 when eight bits become seven."""
    assert client.estimated_size(75_000, converted=False) == 77_256
    assert client.estimated_size(75_000, converted=True) == 110_365
