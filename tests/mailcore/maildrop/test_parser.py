"""Source to tokens to statements: what is read as what, and what is no filter.  Courier maildropfilter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import GrammarError
from mailcore.maildrop import limits
from mailcore.maildrop.parser import parse
from mailcore.maildrop.tokens import KEYWORDS, Kind, tokens
from mailcore.maildrop.tree import Act, Assign, Chain, Evaluate, If, Search, Text, Variable


def kinds(source: str) -> list[tuple[Kind, str]]:
    return [(token.kind, token.text) for token in tokens(source.encode())[:-1]]


def test_a_slash_begins_a_pattern_but_a_word_after_an_equals_sign_and_a_delivery() -> None:
    assert kinds("/a b/") == [(Kind.PATTERN, "a b")]
    assert kinds("X=/var/mail")[2] == (Kind.TEXT, "/var/mail")
    assert kinds("to /var/mail")[1] == (Kind.TEXT, "/var/mail")
    assert kinds("cc /var/mail")[1] == (Kind.TEXT, "/var/mail")
    assert kinds("6 / 2")[1] == (Kind.OPERATOR, "/")
    assert kinds("echo /x/:hb,1,0.5") == [(Kind.KEYWORD, "echo"), (Kind.PATTERN, "x")]


def test_operators_of_word_characters_need_blanks() -> None:
    assert kinds("7/2") == [(Kind.TEXT, "7/2")]
    assert kinds("10-2-3") == [(Kind.TEXT, "10-2-3")]
    assert [text for _, text in kinds("10 - 2")] == ["10", "-", "2"]
    assert [text for _, text in kinds("1+2*3")] == ["1", "+", "2", "*", "3"]
    assert [text for _, text in kinds("a!=b")] == ["a", "!=", "b"]


def test_a_match_sign_is_one_token() -> None:
    assert [text for _, text in kinds("X= ~0")] == ["X", "=", "~", "0"]
    with pytest.raises(GrammarError, match="line 1, column 4: a /pattern/ expected, not '0'"):
        parse(b"X=~0")


def test_only_a_whole_unquoted_word_is_a_keyword() -> None:
    assert kinds("lt")[0] == (Kind.OPERATOR, "lt")
    assert kinds("'lt'")[0] == (Kind.LITERAL, "lt")
    assert kinds("lte")[0] == (Kind.TEXT, "lte")
    assert all(kinds(word)[0] == (Kind.KEYWORD, word) for word in KEYWORDS)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r'"a\"b"', 'a"b'),
        (r'"a\\b"', r"a\b"),
        (r'"a\nb"', r"a\nb"),
        (r"'a\'b'", "a'b"),
        (r"'a\"b'", r"a\"b"),
        ('"a\\\n     b"', "ab"),
        ('"a\\  # why\n  b"', "ab"),
        ('"a\\\r\n\tb"', "ab"),
        ('"a\\\n  \n  b"', "ab"),
    ],
)
def test_a_backslash_goes_before_its_own_quote_another_backslash_and_a_line_end(
    source: str, text: str
) -> None:
    assert kinds(source)[0][1] == text


def test_a_line_can_go_on_behind_a_comment() -> None:
    assert [text for _, text in kinds("X=1 + \\ # one\n  2")] == ["X", "=", "1", "+", "2"]


def test_neighbouring_literals_are_one_text() -> None:
    [statement] = parse(b"""echo "a$B"'$C'd ${E-F}""")
    assert statement == Act("echo", Text((b"a", Variable(b"B"), b"$C", b"d", Variable(b"E-F"))), 1)


@pytest.mark.parametrize(
    ("source", "pieces"),
    [
        ('"$/"', (b"$/",)),
        ('"$-x $"', (b"$-x $",)),
        ('"${ X}"', (b"${ X}",)),
        (r'"\$X"', (rb"\$X",)),
        ('"$1"', (Variable(b"1"),)),
        ('"$X-y"', (Variable(b"X"), b"-y")),
    ],
)
def test_a_dollar_that_names_no_variable_stays(source: str, pieces: tuple[object, ...]) -> None:
    [statement] = parse(b"echo " + source.encode())
    assert isinstance(statement, Act)
    assert statement.argument == Text(pieces)


def test_levels_bind_as_the_manual_says() -> None:
    [statement] = parse(b"X=1 || 2 && 3 == 4 | 5 & 6 + 7 * $A =~ /b/")
    assert isinstance(statement, Evaluate)
    assert isinstance(statement.expression, Assign)
    level = statement.expression.value
    for symbol in ("||", "&&", "==", "|", "&", "+", "*"):
        assert isinstance(level, Chain)
        [(operator, level)] = level.rest
        assert operator == symbol
    assert isinstance(level, Search)


def test_a_lone_statement_may_stand_without_braces() -> None:
    [statement] = parse(b"if (1)\n if (0)\n  to a\n else\n  to b\n")
    assert isinstance(statement, If)
    assert statement.otherwise == ()
    [(_, (inner,))] = statement.branches
    assert isinstance(inner, If)
    assert inner.otherwise == (Act("to", Text((b"b",)), 5),)


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("X=/^Sub/", "line 1, column 4"),
        ("if (1) {\necho x\n}", "line 1, column 8"),
        ("if (1)\n{\necho x }", "line 3, column 8"),
        ("if (1)\n{\n}\n\nelse\n{\n}\n", "line 5, column 1"),
        ("if (0)\n echo a\nelse if (1)\n echo b", "line 3, column 6"),
        ("while (0) {\n}", "line 1, column 11"),
        ("exception\n{\n}", "line 1, column 10"),
        ("echo 1 < 2 < 3", "line 1, column 12"),
        ("echo", "line 1, column 5"),
        ('echo "open', "line 1, column 6"),
        ("echo /open", "line 1, column 6"),
        ("to=x", "line 1, column 3"),
        ("X=", "line 1, column 3"),
        ("X=Y=5", "line 1, column 4"),
        ("1 + X=5", "line 1, column 6"),
        ("X=5 || Y=6", "line 1, column 9"),
        ('echo length("a", "b")', "line 1, column 18"),
        ("echo substr(a)", "line 1, column 14"),
        ("echo time()", "line 1, column 10"),
        ("import /x/", "line 1, column 8"),
        ("}", "line 1, column 1"),
        ("{", "line 1, column 2"),
        ('X="a" Y="b"', "line 1, column 8"),
        ("\nX=1 ^ 2", "line 2, column 5"),
        ("a\0b", "line 1, column 1"),
    ],
)
def test_a_mistake_is_told_with_line_and_column(source: str, place: str) -> None:
    with pytest.raises(GrammarError, match=f"^{place}: "):
        parse(source.encode())


@pytest.mark.parametrize(
    "source",
    [
        b"(" * 5_000 + b"1" + b")" * 5_000,
        b"!" * 5_000 + b"1",
        b"if (1)\n{\n" * 5_000,
        b"if (1)\n" * 5_000 + b"exit\n",
        b"X=length " * 3_000 + b"1",
        b"X=a" + b" =~ /a/" * 5_000,
    ],
)
def test_nesting_without_end_is_refused(source: bytes) -> None:
    with pytest.raises(GrammarError, match=r"nested deeper|expected|in a row"):
        parse(b"X=" + source if source[:1] in b"(!" else source)


def test_a_long_sum_is_no_nesting() -> None:
    [statement] = parse(b"X=1" + b" + 1" * 20_000)
    assert isinstance(statement, Evaluate)
    assert isinstance(statement.expression, Assign)
    assert isinstance(statement.expression.value, Chain)
    assert len(statement.expression.value.rest) == 20_000


@pytest.mark.parametrize("piece", ["${", "\\#", "\\ ", "$", "\\", "`", "/\\/", "a"])
def test_long_lines_are_read_in_time_that_grows_with_them(piece: str) -> None:
    # Each of these looks like the beginning of something that ends far away, or nowhere.
    for before, after in (('echo "', ""), ('echo "', '"'), ("", ""), ("echo /", "/")):
        said = complaint((before + piece * 60_000 + after).encode())
        assert not said or said.startswith("line 1, ")


def test_a_file_that_is_too_long_is_refused() -> None:
    with pytest.raises(GrammarError, match="longer than"):
        parse(b"#" * (limits.SOURCE_OCTETS + 1))


PIECES = st.sampled_from(
    [
        *sorted(KEYWORDS), *"(){}[],;=!~<>|&+*/-$\"'`\\#:. \n\r\t", "=~", "==", "||", "&&",
        "/x/:hb,1,2", "$X", "${X}", '"a"', "'b'", "`c`", "\\\n", "lt", "12", "if (1)\n{\n", "}\n", "ä",
    ]
)  # fmt: skip


def complaint(source: bytes) -> str:
    """What the parser says of a source, nothing when it takes it."""
    try:
        parse(source)
    except GrammarError as error:
        return str(error)
    return ""


@given(st.lists(PIECES, max_size=40).map(" ".join) | st.text(st.characters(codec="utf-8")))
def test_property_nothing_but_a_grammar_error_is_raised(source: str) -> None:
    said = complaint(source.encode())
    assert not said or said.startswith("line ")


@given(st.binary(max_size=200))
def test_property_octets_of_any_kind_are_read_or_refused(source: bytes) -> None:
    said = complaint(source)
    assert not said or said.startswith("line ")


@given(st.text(alphabet=st.characters(exclude_characters="\r\n\0\"'`\\$", codec="utf-8")))
def test_property_a_quoted_text_is_itself_in_all_quotes(text: str) -> None:
    for quote in "\"'":
        [statement] = parse(f"echo {quote}{text}{quote}".encode())
        pieces = (text.encode(),) if text else ()
        assert statement == Act("echo", Text(pieces), 1)
