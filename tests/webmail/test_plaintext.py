"""Plain text: links, quotes, signatures; nothing is lost and nothing becomes markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.plaintext import blocks, pieces


def links(line: str) -> list[str]:
    return [piece.href for piece in pieces(line) if piece.href]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("see https://a.example/x?y=1&z=2, or not", ["https://a.example/x?y=1&z=2"]),
        ("(https://a.example/wiki_(x))", ["https://a.example/wiki_(x)"]),
        ("<https://a.example>.", ["https://a.example"]),
        ("www.a.example and a@b.example", ["https://www.a.example", "mailto:a@b.example"]),
        ("javascript:alert(1) data:text/html,x", []),
        ('https://a.example/"><script>', ["https://a.example/"]),
        ("https://a.example/' onclick='x", ["https://a.example/"]),
        ("ftp://a.example", []),
        ("mailto:a@b.example?bcc=c@d.example", ["mailto:a@b.example?bcc=c@d.example"]),
    ],
)
def test_links_are_found(line: str, expected: list[str]) -> None:
    assert links(line) == expected


def test_quotes_and_signatures_are_set_apart() -> None:
    found = blocks("Hi\n\nOn Monday, Ann wrote:\n> one\n>> two\nok\n-- \nme\n> last")
    assert [block.kind for block in found] == ["text", "quote", "text", "signature", "quote"]
    assert found[1].lines[0][0].text == "On Monday, Ann wrote:"


@given(st.text())
def test_every_character_is_shown(line: str) -> None:
    line = line.replace("\n", " ")
    assert "".join(piece.text for piece in pieces(line)) == line


@given(st.text(alphabet="htps:/w.aé<>\"'()@ &;jvcrit", max_size=200))
def test_links_lead_only_where_links_may(line: str) -> None:
    for piece in pieces(line):
        if piece.href:
            assert piece.href.lower().startswith(("http://", "https://", "mailto:"))
            assert not set(piece.href) & set(" <>\"'`\n\t")


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    blocks(text)
