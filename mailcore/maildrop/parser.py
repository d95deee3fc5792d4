"""Source to a block of statements.  Courier maildropfilter, "Statements".

Lines matter: what follows `)` and `}` is a new line, and `else` follows its `}` at once.
"""

from mailcore.maildrop.expressions import Reader, expression, pattern, text, unary, whole
from mailcore.maildrop.tokens import Kind, tokens
from mailcore.maildrop.tree import (
    Act,
    Block,
    Evaluate,
    Expression,
    Foreach,
    Grouped,
    Guarded,
    If,
    Locked,
    Statement,
    While,
)

_VERBS = frozenset(
    {
        "to", "cc", "echo", "log", "logfile", "include", "xfilter", "system", "import", "unset",
    }
)  # fmt: skip


def parse(source: bytes) -> Block:
    """The statements of a file.  Raises GrammarError, which says line and column."""
    reader = Reader(tokens(source))
    block = _statements(reader)
    if reader.token.kind is not Kind.EOF:
        raise reader.problem("a statement expected")
    return block


def _statements(reader: Reader) -> Block:
    """Statements up to a `}` or the end."""
    found: list[Statement] = []
    while True:
        while reader.token.kind is Kind.END:
            reader.take()
        if reader.token.kind is Kind.EOF or reader.token.is_("}"):
            return tuple(found)
        found.append(_statement(reader))


def _statement(reader: Reader) -> Statement:
    """One statement with the end of its line."""
    token = reader.token
    if token.is_("{"):
        return Grouped(_braced(reader), token.line)
    if token.kind is Kind.KEYWORD and token.text in _COMPOUND:
        reader.take()
        return _COMPOUND[token.text](reader, token.line)
    if token.kind is Kind.KEYWORD and token.text in _VERBS:
        reader.take()
        argument: Expression = text(reader) if _names(token.text, reader) else whole(reader)
        _end(reader)
        return Act(token.text, argument, token.line)
    if reader.takes("exit"):
        _end(reader)
        return Act("exit", None, token.line)
    value = whole(reader)
    _end(reader)
    return Evaluate(value, token.line)


def _names(verb: str, reader: Reader) -> bool:
    """Whether the verb's argument is a name, which only a text can be."""
    if verb not in ("import", "unset"):
        return False
    if reader.token.kind not in (Kind.TEXT, Kind.LITERAL):
        raise reader.problem("a name expected")
    return True


def _end(reader: Reader) -> None:
    if not reader.token.ends_statement:
        raise reader.problem("the end of the line expected")
    reader.take()


def _braced(reader: Reader) -> Block:
    """`{ … }` and the end of its line."""
    reader.deeper()
    reader.expect("{")
    block = _statements(reader)
    reader.expect("}")
    _end(reader)
    reader.shallower()
    return block


def _body(reader: Reader) -> Block:
    """What a condition governs: on a new line, a block or one statement."""
    _end(reader)
    while reader.token.kind is Kind.END:
        reader.take()
    if reader.token.is_("{"):
        return _braced(reader)
    if reader.token.kind is Kind.EOF:
        raise reader.problem("a statement expected")
    reader.deeper()
    only = _statement(reader)
    reader.shallower()
    return (only,)


def _condition(reader: Reader) -> Expression:
    reader.expect("(")
    found = whole(reader)
    reader.expect(")")
    return found


def _if(reader: Reader, line: int) -> Statement:
    branches = [(_condition(reader), _body(reader))]
    while reader.takes("elsif"):
        branches.append((_condition(reader), _body(reader)))
    otherwise = _body(reader) if reader.takes("else") else ()
    return If(tuple(branches), otherwise, line)


def _while(reader: Reader, line: int) -> Statement:
    return While(_condition(reader), _body(reader), line)


def _foreach(reader: Reader, line: int) -> Statement:
    subject = None
    if reader.token.kind is not Kind.PATTERN:
        subject = unary(reader)
        reader.expect("=~")
    wanted = pattern(reader)
    return Foreach(wanted, subject, _body(reader), line)


def _exception(reader: Reader, line: int) -> Statement:
    return Guarded(_braced(reader), line)


def _dotlock(reader: Reader, line: int) -> Statement:
    return Locked("dotlock", expression(reader), _braced(reader), line)


def _flock(reader: Reader, line: int) -> Statement:
    return Locked("flock", expression(reader), _braced(reader), line)


_COMPOUND = {
    "if": _if,
    "while": _while,
    "foreach": _foreach,
    "exception": _exception,
    "dotlock": _dotlock,
    "flock": _flock,
}
