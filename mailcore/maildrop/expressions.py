"""Tokens to expressions: the operators' levels, functions, texts.  Recursive descent, bounded."""

import re
from collections.abc import Sequence

from mailcore.errors import GrammarError
from mailcore.maildrop import limits
from mailcore.maildrop.tokens import Kind, Token, problem
from mailcore.maildrop.tree import (
    Assign,
    Call,
    Chain,
    Command,
    Complement,
    Expression,
    Not,
    Pattern,
    Search,
    Text,
    Variable,
)
from mailcore.maildrop.values import number

# From the loosest to the tightest; those of `_ALONE` don't chain.
_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"||"}),
    frozenset({"&&"}),
    frozenset({"<", "<=", ">", ">=", "==", "!=", "lt", "le", "gt", "ge", "eq", "ne"}),
    frozenset({"|"}),
    frozenset({"&"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/"}),
)
_ALONE = 2
_TEXTS = (Kind.TEXT, Kind.LITERAL, Kind.COMMAND)
_VARIABLE = re.compile(r"\\\$|\$(?:([A-Za-z0-9_]++)|\{([^}\s]{0,200}+)\})")

ARGUMENTS = {
    "length": (1, 1),
    "substr": (2, 3),
    "getaddr": (1, 1),
    "hasaddr": (1, 1),
    "lookup": (2, 3),
    "escape": (1, 1),
    "tolower": (1, 1),
    "toupper": (1, 1),
    "gdbmopen": (1, 2),
    "gdbmfetch": (1, 3),
    "gdbmstore": (2, 2),
    "gdbmclose": (0, 0),
}
"""How few and how many arguments each function takes; `time` stands alone."""


class Reader:
    """The tokens of one file and how far they were read."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The next token."""
        return self._tokens[self._at]

    @property
    def following(self) -> Token:
        """The one after it."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        token = self.token
        if token.kind is not Kind.EOF:
            self._at += 1
        return token

    def takes(self, *texts: str) -> bool:
        """Take the next token if it is one of these."""
        if self.token.is_(*texts):
            self.take()
            return True
        return False

    def expect(self, text: str) -> Token:
        if not self.token.is_(text):
            raise self.problem(f"{text} expected")
        return self.take()

    def problem(self, text: str) -> GrammarError:
        """A mistake at the next token."""
        token = self.token
        seen = "the end" if token.ends_statement else repr(token.text)
        return problem(token.line, token.column, f"{text}, not {seen}")

    def deeper(self) -> None:
        self._depth += 1
        if self._depth > limits.NESTING:
            token = self.token
            raise problem(token.line, token.column, f"nested deeper than {limits.NESTING}")

    def shallower(self) -> None:
        self._depth -= 1


def whole(reader: Reader) -> Expression:
    """An expression, or `NAME=expression`.  Raises GrammarError."""
    found = expression(reader)
    if isinstance(found, Text) and reader.takes("="):
        return Assign(found, expression(reader))
    return found


def expression(reader: Reader, level: int = 0) -> Expression:
    """An expression of this level or a tighter one.  Raises GrammarError."""
    if level == len(_LEVELS):
        return _searched(reader)
    first = expression(reader, level + 1)
    operators = _LEVELS[level]
    rest: list[tuple[str, Expression]] = []
    while reader.token.kind is Kind.OPERATOR and reader.token.text in operators:
        if rest and level == _ALONE:
            raise reader.problem("comparisons don't chain")
        operator = reader.take().text
        rest.append((operator, expression(reader, level + 1)))
    return Chain(first, tuple(rest)) if rest else first


def _searched(reader: Reader) -> Expression:
    """`value =~ /pattern/`, perhaps several times."""
    found = unary(reader)
    count = 0
    while reader.token.is_("=~"):
        line = reader.take().line
        found = Search(pattern(reader), found, line)
        count += 1
        if count > limits.NESTING:
            raise reader.problem(f"at most {limits.NESTING} patterns in a row")
    return found


def unary(reader: Reader) -> Expression:
    """A value with nothing before it but `!` and `~`."""
    reader.deeper()
    try:
        if reader.takes("!"):
            return Not(unary(reader))
        if reader.takes("~"):
            return Complement(unary(reader))
        return _primary(reader)
    finally:
        reader.shallower()


def _primary(reader: Reader) -> Expression:
    token = reader.token
    if token.kind in _TEXTS:
        return text(reader)
    if token.kind is Kind.PATTERN:
        return Search(pattern(reader), None, token.line)
    if reader.takes("("):
        found = whole(reader)
        reader.expect(")")
        return found
    if reader.takes("time"):
        return Call("time", (), token.line)
    if token.kind is Kind.KEYWORD and token.text in ARGUMENTS:
        return _call(reader)
    raise reader.problem("a value expected")


def _call(reader: Reader) -> Call:
    token = reader.take()
    fewest, most = ARGUMENTS[token.text]
    arguments: list[Expression] = []
    if not reader.token.is_("("):
        if most == 0:
            return Call(token.text, (), token.line)
        if (fewest, most) != (1, 1):
            raise reader.problem(f"( expected after {token.text}")
        return Call(token.text, (unary(reader),), token.line)
    reader.take()
    while not reader.token.is_(")"):
        if arguments:
            reader.expect(",")
        if len(arguments) == most:
            raise reader.problem(f"{token.text} takes at most {most} arguments")
        arguments.append(whole(reader))
    if len(arguments) < fewest:
        raise reader.problem(f"{token.text} takes at least {fewest} arguments")
    reader.take()
    return Call(token.text, tuple(arguments), token.line)


def text(reader: Reader) -> Text:
    """One text of all the literals and words that stand side by side."""
    pieces: list[bytes | Variable | Command] = []
    while reader.token.kind in _TEXTS:
        token = reader.take()
        if token.kind is Kind.TEXT:
            pieces += _pieces(token.text)
        elif token.kind is Kind.COMMAND:
            pieces.append(Command(_octets(token.text)))
        elif token.text:
            pieces.append(_octets(token.text))
    return Text(tuple(pieces))


def pattern(reader: Reader) -> Pattern:
    """The pattern that must come next, with what its options say."""
    if reader.token.kind is not Kind.PATTERN:
        raise reader.problem("a /pattern/ expected")
    token = reader.take()
    letters, comma, weights = token.options.partition(",")
    first, _, factor = weights.partition(",")
    body, top, headers = "b" in letters, "H" in letters, "h" in letters
    return Pattern(
        source=tuple(_pieces(token.text)),
        top=top,
        headers=headers or not (body or top),
        body=body,
        case="D" in letters,
        scores=bool(comma),
        first=number(first.encode("ascii")),
        factor=number(factor.encode("ascii")) if factor else 1.0,
    )


def _pieces(template: str) -> list[bytes | Variable | Command]:
    r"""Text with its `$NAME` and `${NAME}` found; a `\$` stays as it is, backslash and all."""
    pieces: list[bytes | Variable | Command] = []
    plain = 0
    for found in _VARIABLE.finditer(template):
        if found[0] == "\\$":
            continue
        pieces.append(_octets(template[plain : found.start()]))
        pieces.append(Variable(_octets(found[1] if found[1] is not None else found[2])))
        plain = found.end()
    pieces.append(_octets(template[plain:]))
    return [piece for piece in pieces if piece != b""]


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
