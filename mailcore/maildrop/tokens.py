r"""Source to tokens.  Courier maildropfilter, "Lexical structure".

The end of a line is a token.  What looks like one thing can be another:

- a `/` begins a pattern, but after `=`, `to` and `cc` a word, and before a blank it divides;
- letters, digits and `_-@.:/${}` make one word: `7/2` and `10-2` are text, `10 - 2` is 8;
- only a whole unquoted word is a keyword.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from mailcore.errors import GrammarError
from mailcore.maildrop import limits

_STATEMENTS = frozenset(
    {
        "if", "elsif", "else", "while", "foreach", "exception", "dotlock", "flock", "to", "cc",
        "exit", "echo", "log", "logfile", "include", "xfilter", "system", "import", "unset",
    }
)  # fmt: skip
_FUNCTIONS = frozenset(
    {
        "length", "substr", "getaddr", "hasaddr", "lookup", "escape", "tolower", "toupper", "time",
        "gdbmopen", "gdbmclose", "gdbmfetch", "gdbmstore",
    }
)  # fmt: skip
KEYWORDS = _STATEMENTS | _FUNCTIONS
_WORD_OPERATORS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "-"})

_BLANK = re.compile(r"[ \t\v\f]++")
_CONTINUED = re.compile(r"\\[ \t\v\f]*+(?:#[^\r\n]*+)?(?:\r\n|\r|\n)[ \t\v\f]*+")
_CONTINUED_TEXT = re.compile(_CONTINUED.pattern + r"\s*+")  # line ends are white space too
_COMMENT = re.compile(r"#[^\r\n]*+")
_END = re.compile(r"\r\n|\r|\n|;")
_WORD = re.compile(r"[A-Za-z0-9_\-@.:/$][A-Za-z0-9_\-@.:/${}]*+")
_OPERATOR = re.compile(r"\|\||&&|=~|==|!=|<=|>=|[()\[\]{},=!~<>|&+*]")
_PATTERN = re.compile(r"/((?:[^/\\\r\n]|\\[^\r\n])*+)/(?::([A-Za-z0-9\-+.,]*+))?")
_PLAIN = {quote: re.compile(rf"[^{quote}\\\r\n]++") for quote in "\"'`"}
_DIVISION = re.compile(r"/(?=[ \t\v\f\r\n]|\Z)")


class Kind(Enum):
    """What a token is."""

    TEXT = auto()  # `text` may hold $variables
    LITERAL = auto()  # it may not
    COMMAND = auto()  # in backticks
    PATTERN = auto()  # `options` stood behind it
    OPERATOR = auto()
    KEYWORD = auto()
    END = auto()  # of a line, or a semicolon
    EOF = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `line` and `column` count from 1."""

    kind: Kind
    text: str
    line: int
    column: int
    options: str = ""

    def is_(self, *texts: str) -> bool:
        """Whether it is one of these operators or keywords."""
        return self.kind in (Kind.OPERATOR, Kind.KEYWORD) and self.text in texts

    @property
    def ends_statement(self) -> bool:
        return self.kind in (Kind.END, Kind.EOF)


_QUOTES = {'"': Kind.TEXT, "'": Kind.LITERAL, "`": Kind.COMMAND}


def problem(line: int, column: int, text: str) -> GrammarError:
    """A mistake in the source, with its place."""
    return GrammarError(f"line {line}, column {column}: {text}")


def tokens(source: bytes) -> list[Token]:
    """The tokens of a file of instructions, the last one EOF.

    Octets that are not UTF-8 stay what they are.  Raises GrammarError with line and column.
    """
    if len(source) > limits.SOURCE_OCTETS:
        raise problem(1, 1, f"longer than {limits.SOURCE_OCTETS} octets")
    if b"\0" in source:
        raise problem(source.count(b"\n", 0, source.index(b"\0")) + 1, 1, "a NUL octet")
    return list(_Lexer(source.decode("utf-8", "surrogateescape")).run())


class _Lexer:
    """Walks the source once; lives for one file."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.line = 1
        self.line_start = 0
        self.last_end = max(source.rfind("\n"), source.rfind("\r"))

    def run(self) -> Iterator[Token]:
        previous: Token | None = None
        while True:
            self._skip()
            if self.at >= len(self.source):
                yield self._token(Kind.EOF, "", self.at)
                return
            token = self._next(previous)
            yield token
            previous = token

    def _skip(self) -> None:
        """Past blanks, comments and continued lines."""
        while True:
            found = (
                _BLANK.match(self.source, self.at)
                or _COMMENT.match(self.source, self.at)
                or self._continued(self.at)
            )
            if found is None:
                return
            self._advance(found.end())

    def _continued(self, at: int, kind: re.Pattern[str] = _CONTINUED) -> re.Match[str] | None:
        """A line that goes on in the next; on the last line nobody looks for its end."""
        return kind.match(self.source, at) if at < self.last_end else None

    def _advance(self, end: int) -> None:
        start = self.at
        self.at = end
        newlines = self.source.count("\n", start, end)
        if newlines:
            self.line += newlines
            self.line_start = self.source.rindex("\n", start, end) + 1

    def _token(self, kind: Kind, text: str, end: int, options: str = "") -> Token:
        token = Token(kind, text, self.line, self.at - self.line_start + 1, options)
        self._advance(end)
        return token

    def _next(self, previous: Token | None) -> Token:
        source, at = self.source, self.at
        found = _END.match(source, at)
        if found is not None:
            return self._token(Kind.END, found[0], found.end())
        character = source[at]
        if character in _QUOTES:
            return self._quoted(_QUOTES[character], character)
        if character == "/" and (previous is None or not previous.is_("=", "to", "cc")):
            if _DIVISION.match(source, at):
                return self._token(Kind.OPERATOR, "/", at + 1)
            return self._pattern()
        found = _WORD.match(source, at)
        if found is not None:
            return self._token(_word_kind(found[0]), found[0], found.end())
        found = _OPERATOR.match(source, at)
        if found is not None:
            return self._token(Kind.OPERATOR, found[0], found.end())
        raise self._problem(f"{character!r} can't stand here")

    def _quoted(self, kind: Kind, quote: str) -> Token:
        source, at, pieces = self.source, self.at + 1, []
        while True:
            found = _PLAIN[quote].match(source, at)
            if found is not None:
                pieces.append(found[0])
                at = found.end()
            character = source[at : at + 1]
            if character == quote:
                return self._token(kind, "".join(pieces), at + 1)
            if character != "\\":
                raise self._problem(f"{quote} is not closed on its line")
            found = self._continued(at, _CONTINUED_TEXT)
            if found is not None:
                at = found.end()
            elif source[at + 1 : at + 2] in (quote, "\\"):
                pieces.append(source[at + 1])
                at += 2
            else:
                pieces.append(character)
                at += 1

    def _pattern(self) -> Token:
        found = _PATTERN.match(self.source, self.at)
        if found is None:
            raise self._problem("a pattern is not closed on its line by /")
        return self._token(Kind.PATTERN, found[1], found.end(), found[2] or "")

    def _problem(self, text: str) -> GrammarError:
        return problem(self.line, self.at - self.line_start + 1, text)


def _word_kind(word: str) -> Kind:
    if word in KEYWORDS:
        return Kind.KEYWORD
    return Kind.OPERATOR if word in _WORD_OPERATORS else Kind.TEXT
