"""What MAIL and RCPT parameters mean, and what they may hide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.envelope import Body, Notify, Ret, Security
from mailcore.errors import GrammarError
from mailcore.protocol.smtp import client, extensions, parameters
from mailcore.protocol.smtp.extensions import Offer
from mailcore.protocol.smtp.parameters import MailOptions, RcptOptions, UnknownParameter

ALL = frozenset([*parameters.MAIL_READERS, *parameters.OF.values(), "BINARYMIME"])


def test_mail_parameters_are_understood() -> None:
    assert parameters.read_mail(
        {
            "SIZE": "12",
            "BODY": "8bitmime",
            "SMTPUTF8": "",
            "RET": "hdrs",
            "ENVID": "QQ+2B+3D",
            "AUTH": "<>",
        },
        ALL,
    ) == MailOptions(12, Body.EIGHTBIT, True, Ret.HDRS, "QQ+=", "<>")


def test_rcpt_parameters_are_understood() -> None:
    assert parameters.read_rcpt(
        {"NOTIFY": "success,FAILURE", "ORCPT": "rfc822;Bob+40old+2Bx@example.com"}, ALL
    ) == RcptOptions(frozenset({Notify.SUCCESS, Notify.FAILURE}), "rfc822;Bob@old+x@example.com")
    assert parameters.read_rcpt({"ORCPT": "utf-8;j\\x{F6}rg@example.com"}, ALL).orcpt == (
        "utf-8;jörg@example.com"
    )
    assert parameters.read_rcpt({"ORCPT": "utf-8;jörg@example.com"}, ALL).orcpt == (
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
        {"VERP": "yes"},
        {"EXDATA": "1"},
        {"SECURITY": "TLS"},
        {"SECURITY": "STARTTLS", "REQUIRETLS": ""},
        {"REQUIRETLS": "1"},
        {"HOLDFOR": "0"},
        {"HOLDFOR": "1" * 10},
        {"HOLDFOR": "-5"},
        {"HOLDFOR": "60", "HOLDUNTIL": "2030-01-01T00:00:00Z"},
        {"HOLDUNTIL": "2030-01-01"},
        {"HOLDUNTIL": "2030-02-31T00:00:00Z"},
        {"HOLDUNTIL": "9999-12-31T23:59:59-23:59"},
    ],
)
def test_bad_mail_values_are_refused(given_parameters: dict[str, str]) -> None:
    with pytest.raises(GrammarError):
        parameters.read_mail(given_parameters, ALL)


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
        parameters.read_rcpt(given_parameters, ALL)


@pytest.mark.parametrize("keyword", ["X", "MT-PRIORITY", "HOLDFOR", "NOTIFY"])
def test_unknown_parameters_are_told_apart(keyword: str) -> None:
    with pytest.raises(UnknownParameter):
        parameters.read_mail({keyword: "1"}, frozenset({"SIZE", "DSN"}))


@pytest.mark.parametrize(
    ("keyword", "value", "extension"),
    [
        ("BODY", "BINARYMIME", "BINARYMIME"),
        ("VERP", "", "XVERP"),
        ("EXDATA", "", "XEXDATA"),
        ("SECURITY", "STARTTLS", "XSECURITY"),
        ("REQUIRETLS", "", "REQUIRETLS"),
        ("HOLDFOR", "60", "FUTURERELEASE"),
        ("RET", "HDRS", "DSN"),
        ("SMTPUTF8", "", "SMTPUTF8"),
    ],
)
def test_a_parameter_goes_with_its_extension(keyword: str, value: str, extension: str) -> None:
    parameters.read_mail({keyword: value}, ALL)
    with pytest.raises(UnknownParameter):
        parameters.read_mail({keyword: value}, ALL - {extension})


def test_couriers_parameters_are_understood() -> None:
    options = parameters.read_mail({"VERP": "", "EXDATA": "", "SECURITY": "starttls"}, ALL)
    assert (options.verp, options.exdata, options.security) == (True, True, Security.STARTTLS)
    assert parameters.read_mail({"SECURITY": "NONE"}, ALL).security == Security.UNSAID
    assert parameters.read_mail({"REQUIRETLS": ""}, ALL).security == Security.REQUIRETLS


def test_a_time_of_release_is_a_span_or_a_moment() -> None:
    assert parameters.read_mail({"HOLDFOR": "86400"}, ALL).hold_for == 86_400
    until = parameters.read_mail({"HOLDUNTIL": "2030-01-01T01:00:00+01:00"}, ALL).hold_until
    assert until == parameters.read_mail({"HOLDUNTIL": "2030-01-01t00:00:00z"}, ALL).hold_until
    assert until == 1_893_456_000


printable = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=40)


@given(printable)
def test_xtext_is_read_back(text: str) -> None:
    assert parameters.decode_xtext(client.xtext(text)) == text


@given(
    st.sampled_from([*parameters.MAIL_READERS, *parameters.RCPT_READERS]),
    st.one_of(
        st.text(max_size=40),
        st.text(alphabet="+;\\x{}0AFd,=a", max_size=40),
        st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", fullmatch=True),
    ),
)
def test_any_value_is_understood_or_a_grammar_error(keyword: str, value: str) -> None:
    for read in (parameters.read_mail, parameters.read_rcpt):
        try:
            options = read({keyword: value, "ORCPT": value}, ALL)
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


def test_an_extension_that_is_off_is_not_offered() -> None:
    every = extensions.offered(Offer("me", starttls=True, hold="9 x", recipients=5))
    assert {"XVERP", "XEXDATA", "XSECURITY", "BINARYMIME", "FUTURERELEASE", "LIMITS"} <= every
    assert "REQUIRETLS" not in every
    assert "REQUIRETLS" in extensions.offered(Offer("me", encrypted=True))
    few = extensions.offered(Offer("me", off=("XVERP", "CHUNKING", "PIPELINING")))
    assert not {"XVERP", "CHUNKING", "BINARYMIME", "PIPELINING"} & few


def test_couriers_keywords_are_written_as_courier_writes_them() -> None:
    lines = extensions.greeting(Offer("me", recipients=10, messages=2)).split("\n")
    assert lines[1:4] == ["XVERP=Courier", "XEXDATA", "XSECURITY=NONE,STARTTLS"]
    assert "LIMITS MAILMAX=2 RCPTMAX=10" in lines


@given(st.one_of(st.text(max_size=4), st.integers(-20, 20).map(str)))
def test_property_a_priority_is_a_digit_with_or_without_a_minus(value: str) -> None:
    allowed = {str(number): number for number in range(-9, 10)}
    try:
        options = parameters.read_mail({"MT-PRIORITY": value}, {"MT-PRIORITY"})
        assert options.priority == allowed[value]
    except GrammarError:
        assert value not in allowed
