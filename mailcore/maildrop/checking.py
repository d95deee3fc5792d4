"""What is wrong with a filter before it is run: its grammar, and patterns that can't be used."""

from collections.abc import Iterator

from mailcore.errors import GrammarError
from mailcore.maildrop import parser, patterns
from mailcore.maildrop.tree import (
    Act,
    Assign,
    Block,
    Call,
    Chain,
    Complement,
    Evaluate,
    Expression,
    Foreach,
    If,
    Not,
    Pattern,
    Search,
    Statement,
    While,
)


def problems(source: bytes) -> list[str]:
    """Each with its line; patterns with variables in them can't be judged yet."""
    try:
        block = parser.parse(source)
    except GrammarError as error:
        return [str(error)]
    found = []
    for pattern, line in _of_block(block):
        if all(isinstance(piece, bytes) for piece in pattern.source):
            text = b"".join(piece for piece in pattern.source if isinstance(piece, bytes))
            why = patterns.why_not(text, case=pattern.case)
            if why:
                found.append(f"line {line}: pattern /{text.decode('utf-8', 'replace')}/: {why}")
    return found


Placed = tuple[Pattern, int]


def _of_block(block: Block) -> Iterator[Placed]:
    for statement in block:
        yield from _of_statement(statement)


def _of_statement(statement: Statement) -> Iterator[Placed]:
    match statement:
        case Evaluate():
            yield from _of(statement.expression)
        case Act():
            if statement.argument is not None:
                yield from _of(statement.argument)
        case If():
            for condition, block in statement.branches:
                yield from _of(condition)
                yield from _of_block(block)
            yield from _of_block(statement.otherwise)
        case While():
            yield from _of(statement.condition)
            yield from _of_block(statement.block)
        case Foreach():
            yield statement.pattern, statement.line
            yield from _of_block(statement.block)
        case _:
            yield from _of_block(statement.block)


def _of(expression: Expression) -> Iterator[Placed]:
    match expression:
        case Search():
            yield expression.pattern, expression.line
            if expression.subject is not None:
                yield from _of(expression.subject)
        case Assign():
            yield from _of(expression.value)
        case Not() | Complement():
            yield from _of(expression.operand)
        case Chain():
            yield from _of(expression.first)
            for _, right in expression.rest:
                yield from _of(right)
        case Call():
            for argument in expression.arguments:
                yield from _of(argument)
