"""Expressions to values."""

import operator
from collections.abc import Callable, Sequence

from mailcore.maildrop import functions, values
from mailcore.maildrop.host import FilterFailure
from mailcore.maildrop.search import search
from mailcore.maildrop.state import COST, State
from mailcore.maildrop.tree import (
    Assign,
    Call,
    Chain,
    Command,
    Complement,
    Expression,
    Not,
    Search,
    Text,
    Variable,
)

_NUMERIC: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_LITERAL: dict[str, Callable[[bytes, bytes], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
}


def evaluate(state: State, expression: Expression) -> bytes:
    """The value of an expression.  Raises FilterFailure."""
    state.spend()
    match expression:
        case Text():
            return join(state, expression.pieces)
        case Chain():
            return _chain(state, expression)
        case Search():
            subject = expression.subject
            value = None if subject is None else evaluate(state, subject)
            pattern = expression.pattern
            return search(state, pattern, join(state, pattern.source), value)
        case Not():
            return values.truth(not values.is_true(evaluate(state, expression.operand)))
        case Complement():
            return b"%d" % ~values.integer(evaluate(state, expression.operand))
        case Call():
            return _call(state, expression)
        case Assign():
            return _assign(state, expression)


def _assign(state: State, expression: Assign) -> bytes:
    name = join(state, expression.name.pieces)
    value = evaluate(state, expression.value)
    state.variables.set(name, value)
    return value


def join(state: State, pieces: Sequence[bytes | Variable | Command]) -> bytes:
    """A text with its variables and commands filled in; what they say is not looked at again."""
    parts: list[bytes] = []
    octets = 0
    for piece in pieces:
        if isinstance(piece, Variable):
            part = state.get(piece.name)
        elif isinstance(piece, Command):
            part = _command(state, piece)
        else:
            part = piece
        octets += len(part)
        if octets > state.limits.value:
            raise FilterFailure(f"A text longer than {state.limits.value} octets.")
        parts.append(part)
    state.spend(octets >> 8)
    return b"".join(parts)


def _command(state: State, command: Command) -> bytes:
    """What a command prints, on one line; nothing of one that failed, as maildrop has it."""
    state.permit("`command`")
    state.spend(COST)
    ran = state.host.run(command.text, state.variables, state.letter.octets)
    state.variables.set(b"RETURNCODE", b"%d" % ran.exit_code)
    return b"" if ran.exit_code else ran.output.replace(b"\n", b" ").strip(b" ")


def _chain(state: State, chain: Chain) -> bytes:
    value = evaluate(state, chain.first)
    for symbol, right in chain.rest:
        state.spend()
        if symbol == "||":
            value = value if values.is_true(value) else evaluate(state, right)
        elif symbol == "&&":
            value = evaluate(state, right) if values.is_true(value) else value
        else:
            value = _apply(symbol, value, evaluate(state, right))
    return value


def _apply(symbol: str, left: bytes, right: bytes) -> bytes:
    if symbol in _LITERAL:
        return values.truth(_LITERAL[symbol](left, right))
    if symbol in _NUMERIC:
        return values.truth(_NUMERIC[symbol](values.number(left), values.number(right)))
    if symbol == "|":
        return b"%d" % (values.integer(left) | values.integer(right))
    if symbol == "&":
        return b"%d" % (values.integer(left) & values.integer(right))
    return values.text(_reckon(symbol, values.number(left), values.number(right)))


def _reckon(symbol: str, left: float, right: float) -> float:
    if symbol == "+":
        return left + right
    if symbol == "-":
        return left - right
    if symbol == "*":
        return left * right
    return values.quotient(left, right)


def _call(state: State, call: Call) -> bytes:
    if call.function == "gdbmfetch":
        return _gdbmfetch(state, call)
    arguments = [evaluate(state, each) for each in call.arguments]
    state.spend(sum(map(len, arguments)) >> 8)
    value = functions.FUNCTIONS[call.function](state, arguments)
    if len(value) > state.limits.value:
        raise FilterFailure(f"A text longer than {state.limits.value} octets.")
    return value


def _gdbmfetch(state: State, call: Call) -> bytes:
    """Its third argument, the default, is looked at only when there is nothing else."""
    key, *others = call.arguments
    options = evaluate(state, others[0]) if others else b""
    found = functions.fetch(state, evaluate(state, key), options)
    if found is not None:
        return found
    return evaluate(state, others[1]) if len(others) > 1 else b""
