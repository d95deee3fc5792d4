"""The grammar of MAIL, RCPT, EHLO and BDAT."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailcore.envelope import NULL_PATH, Path, quote_local
from mailcore.errors import GrammarError
from mailcore.protocol.smtp import commands
from mailcore.protocol.smtp.commands import BadAddress, Bdat, Mail, Rcpt


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        (b"FROM:<a@example.com>", Mail(Path("a", "example.com"), {})),
        (b"from:<A@EXAMPLE.com.>", Mail(Path("A", "example.com"), {})),
        (b"FROM:<>", Mail(NULL_PATH, {})),
        (b'FROM:<"a b\\"c"@example.com>', Mail(Path('a b"c', "example.com"), {})),
        (b"FROM:<@x.example,@y.example:a@example.com>", Mail(Path("a", "example.com"), {})),
        (b"FROM:<@x.example:a@example.com>", Mail(Path("a", "example.com"), {})),
        (b"FROM:<a@[192.0.2.1]>", Mail(Path("a", "[192.0.2.1]"), {})),
        (b"FROM:<a@[IPv6:2001:db8::1]>", Mail(Path("a", "[ipv6:2001:db8::1]"), {})),
        ("FROM:<jörg@bücher.example>".encode(), Mail(Path("jörg", "bücher.example"), {})),
        (b"FROM:<a@xn--bcher-kva.example>", Mail(Path("a", "bücher.example"), {})),
        (
            b"FROM:<a@example.com>  size=10 ENVID=Ab+2B  X-Y",
            Mail(Path("a", "example.com"), {"SIZE": "10", "ENVID": "Ab+2B", "X-Y": ""}),
        ),
        (b"FROM:<a=b%c!d@example.com>", Mail(Path("a=b%c!d", "example.com"), {})),
        (b"FROM:<root>", Mail(Path("root", ""), {})),
    ],
)
def test_reverse_paths_are_understood(argument: bytes, expected: Mail) -> None:
    assert commands.parse_mail(argument) == expected


@pytest.mark.parametrize(
    "argument",
    [
        b"",
        b"FROM",
        b"FROM:",
        b"FROM: <a@example.com>",
        b"FROM :<a@example.com>",
        b"FROM:a@example.com",
        b"FROM:<a@example.com",
        b"FROM:<a@example.com>SIZE=1",
        b"FROM:<a@b@example.com>",
        b"FROM:<a b@example.com>",
        b"FROM:<a@exam ple.com>",
        b'FROM:<"a@example.com>',
        b"FROM:<a@example.com> =x",
        b"FROM:<a@example.com> SIZE=",
        b"FROM:<a@example.com> A=1 a=2",
        b"FROM:<a@example.com> A_B=1",
        "FROM:<a@example.com> ENVID=a\u2028b".encode(),
        b"FROM:<\xff@example.com>",
        b"TO:<a@example.com>",
    ],
)
def test_misshapen_commands_are_refused(argument: bytes) -> None:
    with pytest.raises(GrammarError):
        commands.parse_mail(argument)


@pytest.mark.parametrize(
    "address",
    [
        "a@-x.example",
        "a@x-.example",
        "a@x..example",
        "a@.example",
        "a@" + "x" * 64 + ".example",
        "a@" + "x." * 130 + "example",
        "a" * 65 + "@example.com",
        "ö" * 33 + "@example.com",
        "a\u2028b@example.com",
        "a@exa\u3000mple.com",
        "a@[example.com]",
        "a@[300.1]",
        "a@xn--\u00fc.example",
        '""@example.com',
        "a@x_y!.example",
    ],
)
def test_impossible_addresses_are_told_from_misshapen_commands(address: str) -> None:
    with pytest.raises(BadAddress):
        commands.parse_mail(f"FROM:<{address}>".encode())


def test_forward_paths_are_never_null() -> None:
    assert commands.parse_rcpt(b"TO:<postmaster>") == Rcpt(Path("postmaster", ""), {})
    with pytest.raises(BadAddress):
        commands.parse_rcpt(b"TO:<>")


def test_chunks_are_counted() -> None:
    assert commands.parse_bdat(b"10 last") == Bdat(10, True)
    assert commands.parse_bdat(b"0") == Bdat(0, False)
    for bad in (b"", b"-1", b"+1", b"1 FIRST", b"1  LAST", b"1" * 19, b"0x10", b"1e3"):
        with pytest.raises(GrammarError):
            commands.parse_bdat(bad)


label = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True).filter(
    lambda text: not text.startswith("xn--")
)
domains = st.lists(label, min_size=1, max_size=4).map(".".join)
locals_ = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="\u0080"),
    min_size=1,
    max_size=15,
)


@given(locals_, domains, st.dictionaries(label.map(str.upper), label, max_size=3))
def test_what_is_formatted_is_read_back(
    local: str, domain: str, parameters: dict[str, str]
) -> None:
    words = "".join(f" {key}={value}" for key, value in parameters.items())
    found = commands.parse_mail(f"FROM:<{quote_local(local)}@{domain}>{words}".encode())
    assert found == Mail(Path(local, domain), parameters)


hostile = st.text(alphabet='<>@:,."\\[] =ab\t\r\n\0\xe9\u2028', max_size=60).map(str.encode)


@given(st.one_of(st.binary(max_size=200), hostile))
@example(b"FROM:<" + b"@a:" * 60)
@example(b"FROM:<" + b'"\\' * 60)
def test_any_argument_is_a_command_or_a_grammar_error(argument: bytes) -> None:
    for prefix in (b"", b"FROM:<", b"TO:<"):
        for parse in (
            commands.parse_mail,
            commands.parse_rcpt,
            commands.parse_name,
            commands.parse_bdat,
        ):
            try:
                found = parse(prefix + argument)
            except GrammarError:
                continue
            path = getattr(found, "reverse_path", None) or getattr(found, "forward_path", None)
            if path is not None:
                assert not set(f"{path.local}{path.domain}") & set("\r\n\0\u2028")
