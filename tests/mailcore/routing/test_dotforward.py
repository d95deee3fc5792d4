"""The grammar of sendmail's forwarding lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.envelope import Path
from mailcore.errors import GrammarError
from mailcore.routing import dotforward
from mailcore.routing.dotcourier import Forward, IntoFile, Program
from mailcore.routing.dotforward import Include


def parse(text: str) -> tuple[dotforward.Entry, ...]:
    return dotforward.parse(text.encode(), "example.test")


def test_entries_stand_between_commas_and_line_ends() -> None:
    assert parse(
        '# away\n\\joe, "|vacation \\"joe, x\\""\n/var/box,"./a b"\nAnn <a@far.test>\n'
    ) == (
        Forward((Path("joe", "example.test"),), 2),
        Program('vacation "joe, x"', 2),
        IntoFile("/var/box", 3),
        IntoFile("./a b", 3),
        Forward((Path("a", "far.test"),), 4),
    )


def test_a_list_may_include_another() -> None:
    assert parse(":include:/etc/list\n") == (Include("/etc/list", 1),)
    assert parse('":include:./my list"') == (Include("./my list", 1),)


def test_nothing_is_listed_in_an_empty_file() -> None:
    assert parse(" ,\n\n # nobody\n,") == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ok@far.test\na b c\n", "line 2: 'a b c' is not an address"),
        ('"|"', "line 1: no command"),
        ('x@far.test\n"unfinished', "line 2: a quote without an end"),
        ("a\x07b", "control characters"),
        ("x" * 70_000, "longer than"),
        ("\n".join(f"u{n}@far.test" for n in range(1_001)), "more than 1000 entries"),
    ],
)
def test_what_cant_be_understood_is_said_with_its_line(text: str, why: str) -> None:
    with pytest.raises(GrammarError, match=why):
        parse(text)


@given(st.binary(max_size=300) | st.text('\\|#./,:;<>"@ab \n', max_size=60).map(str.encode))
def test_property_any_file_is_entries_or_a_grammar_error(text: bytes) -> None:
    try:
        found = dotforward.parse(text, "example.test")
    except GrammarError:
        return
    assert all(1 <= each.line <= text.count(b"\n") + 1 for each in found)


_NAME = st.text("abcxyz019", min_size=1, max_size=8)
_WRITTEN = st.one_of(
    _NAME.map(lambda w: (f"{w}@far.test", lambda n: Forward((Path(w, "far.test"),), n))),
    _NAME.map(lambda w: (f"\\{w}", lambda n: Forward((Path(w, "example.test"),), n))),
    _NAME.map(lambda w: (f'"|{w}, \\"{w}\\""', lambda n: Program(f'{w}, "{w}"', n))),
    _NAME.map(lambda w: (f"./{w}", lambda n: IntoFile(f"./{w}", n))),
    _NAME.map(lambda w: (f":include:{w}", lambda n: Include(w, n))),
)


@given(st.lists(st.lists(_WRITTEN, max_size=4), max_size=6))
def test_property_what_is_written_is_what_is_read(lines: list) -> None:
    text = "\n".join(", ".join(entry for entry, _ in line) for line in lines)
    wanted = [made(number) for number, line in enumerate(lines, 1) for _, made in line]
    assert list(parse(text)) == wanted
