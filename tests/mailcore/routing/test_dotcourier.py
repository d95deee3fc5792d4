"""The grammar of delivery instructions, and which file speaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.envelope import Path
from mailcore.errors import GrammarError
from mailcore.routing import dotcourier
from mailcore.routing.dotcourier import Candidate, Dynamic, Forward, IntoFile, Program


def parse(text: str) -> tuple[dotcourier.Instruction, ...]:
    return dotcourier.parse(text.encode(), "example.test")


def test_each_kind_of_line_is_known_by_how_it_begins() -> None:
    assert parse("# note\n\n./Maildir/\n/var/x\n|cat >x\n|| ./list\n&joe@far.test\nann\n") == (
        IntoFile("./Maildir", 3),
        IntoFile("/var/x", 4),
        Program("cat >x", 5),
        Dynamic("./list", 6),
        Forward((Path("joe", "far.test"),), 7),
        Forward((Path("ann", "example.test"),), 8),
    )


def test_addresses_are_a_list_as_in_a_header_and_go_on_behind_a_backslash() -> None:
    text = '! Ann <a@far.test>, "b c"@far.test, \\ \n  bob, a@far.test \\\n, cleo@far.test\n./x\n'
    assert parse(text) == (
        Forward(
            (
                Path("a", "far.test"),
                Path("b c", "far.test"),
                Path("bob", "example.test"),
                Path("cleo", "far.test"),
            ),
            1,
        ),
        IntoFile("./x", 4),
    )


def test_only_one_trailing_slash_is_dropped() -> None:
    assert parse("./a//\n/\n./") == (IntoFile("./a/", 1), IntoFile("/", 2), IntoFile(".", 3))


def test_a_file_of_comments_has_no_instructions() -> None:
    assert parse("# nothing\n\n   \n#|rm\n") == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("./ok\n|\n", "line 2: no command"),
        ("||  \n", "line 1: no command"),
        ("ok@far.test\nfoo bar@far.test\n", "line 2: "),
        ("&\n", "line 1: no address"),
        ("./x\n\\\n", "line 2: no address"),
        ("friends: ;\n", "line 1: no address"),
        ("a@@b\n", "is not an address"),
        ("<joe>@far.test\n", "is not an address"),
        ("./a\0b\n", "line 1: control characters"),
        ("./" + "x" * 70_000, "longer than"),
        ("\n" * 3_000, "lines"),
        (",".join(f"u{n}@far.test" for n in range(1_001)), "more than 1000 addresses"),
    ],
)
def test_what_cant_be_understood_is_said_with_its_line(text: str, why: str) -> None:
    with pytest.raises(GrammarError, match=why):
        parse(text)


def test_bytes_that_are_not_utf8_are_said_with_their_line() -> None:
    with pytest.raises(GrammarError, match="line 2: not UTF-8"):
        dotcourier.parse(b"./a\n./\xff\n", "example.test")


@given(st.binary(max_size=300) | st.text('\\|&!#./,:;<>"@ab \n', max_size=60).map(str.encode))
def test_property_any_file_is_instructions_or_a_grammar_error(text: bytes) -> None:
    try:
        found = dotcourier.parse(text, "example.test")
    except GrammarError:
        return
    lines = [each.line for each in found]
    assert lines == sorted(set(lines))
    assert all(1 <= line <= text.count(b"\n") + 1 for line in lines)


_WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)
_KINDS = st.one_of(
    _WORD.map(lambda w: (f"./{w}", lambda n: IntoFile(f"./{w}", n))),
    _WORD.map(lambda w: (f"|{w} $1", lambda n: Program(f"{w} $1", n))),
    _WORD.map(lambda w: (f"||{w}", lambda n: Dynamic(w, n))),
    st.lists(_WORD, min_size=1, max_size=4, unique=True).map(
        lambda words: (
            ", ".join(f"{w}@far.test" for w in words),
            lambda n: Forward(tuple(Path(w, "far.test") for w in words), n),
        )
    ),
    st.sampled_from(["", "# |not", "   ", "#"]).map(lambda text: (text, None)),
)


@given(st.lists(_KINDS, max_size=20))
def test_property_what_is_written_is_what_is_read(lines: list) -> None:
    text = "\n".join(line for line, _ in lines)
    wanted = [made(number) for number, (_, made) in enumerate(lines, 1) if made]
    assert list(parse(text)) == wanted


def test_files_are_looked_for_from_the_whole_extension_to_the_bare_default() -> None:
    assert list(dotcourier.candidates("x-y-z")) == [
        Candidate(".courier-x-y-z"),
        Candidate(".courier-x-y-default", "z"),
        Candidate(".courier-x-default", "y-z"),
        Candidate(".courier-default", "x-y-z"),
    ]


def test_a_default_does_not_speak_for_the_name_before_it() -> None:
    assert Candidate(".courier-foo-default", "") not in dotcourier.candidates("foo")
    assert [each.name for each in dotcourier.candidates("foo")] == [
        ".courier-foo",
        ".courier-default",
    ]


def test_dots_are_colons_in_file_names_and_case_does_not_matter() -> None:
    first, *_, last = dotcourier.candidates("Info-V1.2", "qmail")
    assert (first.name, last) == (".qmail-info-v1:2", Candidate(".qmail-default", "Info-V1.2"))


def test_a_bare_account_has_one_file() -> None:
    assert list(dotcourier.candidates("")) == [Candidate(".courier")]


@given(st.text(max_size=300))
def test_property_no_extension_leads_out_of_the_home(extension: str) -> None:
    for candidate in dotcourier.candidates(extension):
        assert "/" not in candidate.name
        assert "\0" not in candidate.name
        assert candidate.name.startswith(".courier")
        assert extension.endswith(candidate.default)


@pytest.mark.parametrize(
    ("local", "extension"),
    [
        ("joe", ""),
        ("joe+Shop", "Shop"),
        ("JOE+shop+2", "shop-2"),
        ("joe+", ""),
        ("joel+x", ""),
        ("postmaster", ""),
        ("joe-x", ""),
    ],
)
def test_the_extension_is_what_follows_the_accounts_name(local: str, extension: str) -> None:
    assert dotcourier.extension(local, "joe", "+") == extension


def test_to_the_account_alias_others_are_extensions_as_a_whole() -> None:
    assert dotcourier.extension("info+x", "alias", "+") == "info-x"
    assert dotcourier.extension("alias", "alias", "+") == ""
    assert dotcourier.extension("alias+info", "alias", "+") == "info"


def test_with_a_dash_as_separator_extensions_follow_that_too() -> None:
    assert dotcourier.extension("list-dev+x", "list", "+-") == "dev-x"
