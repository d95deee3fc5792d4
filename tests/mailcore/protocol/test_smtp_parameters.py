"""What MAIL and RCPT parameters mean, and what they may hide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.envelope import Body, Notify, Ret
from mailcore.errors import GrammarError
from mailcore.protocol.smtp import client, extensions, parameters
from mailcore.protocol.smtp.extensions import Offer
from mailcore.protocol.smtp.parameters import MailOptions, RcptOptions, UnknownParameter


def test_mail_parameters_are_understood() -> None:
    assert parameters.read_mail(
        {
            "SIZE": "12",
            "BODY": "8bitmime",
            "SMTPUTF8": "",
            "RET": "hdrs",
            "ENVID": "QQ+2B+3D",
            "AUTH": "<>",
        }
    ) == MailOptions(12, Body.EIGHTBIT, True, Ret.HDRS, "QQ+=", "<>")


def test_rcpt_parameters_are_understood() -> None:
    assert parameters.read_rcpt(
        {"NOTIFY": "success,FAILURE", "ORCPT": "rfc822;Bob+40old+2Bx@example.com"}
    ) == RcptOptions(frozenset({Notify.SUCCESS, Notify.FAILURE}), "rfc822;Bob@old+x@example.com")
    assert parameters.read_rcpt({"ORCPT": "utf-8;j\\x{F6}rg@example.com"}).orcpt == (
        "utf-8;jörg@example.com"
    )
    assert parameters.read_rcpt({"ORCPT": "utf-8;jörg@example.com"}).orcpt == (
        "utf-8;jörg@example.com"
    )


@pytest.mark.parametrize(
    "given_parameters",
    [
        {"SIZE": "-1"},
        {"SIZE": ""},
        {"SIZE": "1" * 21},
        {"SMTPUTF8": "YES"},
        {"RET": ""},
        {"ENVID": ""},
        {"ENVID": "x" * 101},
        {"ENVID": "a+0A"},
        {"ENVID": "a+"},
        {"ENVID": "a+4"},
        {"ENVID": "a+c3+a9"},
        {"ENVID": "a+C3+A9"},
        {"ENVID": "a=b"},
        {"AUTH": ""},
        {"AUTH": "a+0D"},
    ],
)
def test_bad_mail_values_are_refused(given_parameters: dict[str, str]) -> None:
    with pytest.raises(GrammarError):
        parameters.read_mail(given_parameters)


@pytest.mark.parametrize(
    "given_parameters",
    [
        {"NOTIFY": ""},
        {"NOTIFY": "NEVER,DELAY"},
        {"NOTIFY": "SUCCESS,"},
        {"ORCPT": "rfc822"},
        {"ORCPT": "rfc822;"},
        {"ORCPT": ";a@b"},
        {"ORCPT": "rfc822;a+00b"},
        {"ORCPT": "rfc822;" + "x" * 500},
        {"ORCPT": "utf-8;a\\x{0A}b"},
        {"ORCPT": "utf-8;a\\x{20}b"},
        {"ORCPT": "utf-8;a\\x{D800}b"},
        {"ORCPT": "utf-8;a\\x{FFFFFF}b"},
        {"ORCPT": "utf-8;a\\x{2028}b"},
    ],
)
def test_bad_rcpt_values_are_refused(given_parameters: dict[str, str]) -> None:
    with pytest.raises(GrammarError):
        parameters.read_rcpt(given_parameters)


@pytest.mark.parametrize("keyword", ["X", "MT-PRIORITY", "HOLDFOR", "NOTIFY"])
def test_unknown_parameters_are_told_apart(keyword: str) -> None:
    with pytest.raises(UnknownParameter):
        parameters.read_mail({keyword: "1"})
    with pytest.raises(UnknownParameter):
        parameters.read_mail({"BODY": "BINARYMIME"})


printable = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=40)


@given(printable)
def test_xtext_is_read_back(text: str) -> None:
    assert parameters.decode_xtext(client.xtext(text)) == text


@given(
    st.sampled_from(["SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "AUTH", "NOTIFY", "ORCPT"]),
    st.one_of(st.text(max_size=40), st.text(alphabet="+;\\x{}0AFd,=a", max_size=40)),
)
def test_any_value_is_understood_or_a_grammar_error(keyword: str, value: str) -> None:
    for read in (parameters.read_mail, parameters.read_rcpt):
        try:
            options = read({keyword: value, "ORCPT": value})
        except GrammarError:
            continue
        told = getattr(options, "envid", "") + getattr(options, "orcpt", "")
        assert not set(told) & set("\r\n\0\u2028\x85")


def test_what_is_offered_depends_on_the_session() -> None:
    plain = extensions.greeting(Offer("me", 100, starttls=True)).split("\n")
    assert plain[:2] == ["me Ok.", "STARTTLS"]
    assert "SIZE 100" in plain
    secure = extensions.greeting(Offer("me", 0, mechanisms=("PLAIN", "LOGIN"))).split("\n")
    assert secure[1] == "AUTH PLAIN LOGIN"
    assert "STARTTLS" not in secure
    assert "SIZE" in secure
    assert secure[-1] == "DSN"
    assert not any("BINARYMIME" in line or "XVERP" in line for line in secure)
