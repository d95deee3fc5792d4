"""Run a filter: statements in order, until it delivers for good, exits or ends.

Everything outside is asked of the Host.  Bounded in steps, size, nesting and, by the host, time.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mailcore.errors import GrammarError
from mailcore.maildrop import parser, values
from mailcore.maildrop.evaluation import evaluate, join
from mailcore.maildrop.host import FilterFailure, FilterStopped, Host
from mailcore.maildrop.limits import DEFAULT, Limits
from mailcore.maildrop.search import matches, remember
from mailcore.maildrop.state import COST, File, State
from mailcore.maildrop.tree import (
    Act,
    Block,
    Evaluate,
    Foreach,
    Grouped,
    Guarded,
    If,
    Locked,
    Statement,
    While,
)
from mailcore.maildrop.variables import DEFAULTS

_SECURITY = (b"SHELL", b"PATH", b"SENDMAIL")  # what an administrator's file can rely on


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended.  `settled`: by `to` or `exit`; else the message is still to be delivered.

    `message` is what it became, `variables` what they were at the end.
    """

    exit_code: int
    settled: bool
    message: bytes
    variables: Mapping[bytes, bytes]


class _Ended(Exception):
    """`to` and `exit`: the run is over."""


def run(
    block: Block,
    message: bytes,
    host: Host,
    variables: Mapping[bytes, bytes],
    *,
    embedded: bool = False,
    limits: Limits = DEFAULT,
) -> Result:
    """Run a parsed filter on a message (LF line ends, header lines of its own in front).

    `variables` are laid over the language's own defaults.  `embedded`: it may judge, but not
    deliver, write or run anything.  Raises FilterFailure with the owner's text.
    """
    state = State(message, host, variables, limits, embedded=embedded)
    settled = False
    try:
        _block(state, block)
    except _Ended:
        settled = True
    finally:
        while state.files:
            state.close_database()
            state.files.pop()
    return Result(_exit_code(state), settled, state.letter.octets, dict(state.variables))


def _exit_code(state: State) -> int:
    return values.integer(state.get(b"EXITCODE")) & 255


def _block(state: State, block: Block) -> None:
    state.depth += 1
    if state.depth > state.limits.depth:
        raise FilterFailure(f"Nested deeper than {state.limits.depth}.")
    for statement in block:
        _statement(state, statement)
    state.depth -= 1


def _statement(state: State, statement: Statement) -> None:
    state.spend()
    match statement:
        case Evaluate():
            evaluate(state, statement.expression)
        case If():
            _block(state, _branch(state, statement))
        case Act():
            _act(state, statement)
        case While():
            _while(state, statement)
        case Foreach():
            _foreach(state, statement)
        case Guarded():
            _guarded(state, statement)
        case Locked():
            _locked(state, statement)
        case Grouped():
            _block(state, statement.block)


def _act(state: State, statement: Act) -> None:
    argument = statement.argument
    value = b"" if argument is None else evaluate(state, argument)
    _VERBS[statement.verb](state, value)


def _branch(state: State, statement: If) -> Block:
    for condition, block in statement.branches:
        if values.is_true(evaluate(state, condition)):
            return block
    return statement.otherwise


def _locked(state: State, statement: Locked) -> None:
    state.permit(statement.kind)
    with state.host.lock(statement.kind, evaluate(state, statement.name)):
        _block(state, statement.block)


def _while(state: State, statement: While) -> None:
    while values.is_true(evaluate(state, statement.condition)):
        _block(state, statement.block)


def _foreach(state: State, statement: Foreach) -> None:
    pattern, subject = statement.pattern, statement.subject
    value = None if subject is None else evaluate(state, subject)
    for groups in matches(state, pattern, join(state, pattern.source), value):
        remember(state, groups)
        _block(state, statement.block)


def _guarded(state: State, statement: Guarded) -> None:
    """`exception`: a failure ends the block, not the run.  `to` and `exit` end the run."""
    depth, files = state.depth, len(state.files)
    try:
        _block(state, statement.block)
    except FilterStopped:
        raise
    except FilterFailure as failure:
        state.host.say(str(failure))
        state.depth = depth
        while len(state.files) > files:
            state.close_database()
            state.files.pop()


# The verbs.


def _to(state: State, target: bytes) -> None:
    _cc(state, target)
    raise _Ended


def _cc(state: State, target: bytes) -> None:
    state.permit("Delivery")
    state.deliveries += 1
    if state.deliveries > state.limits.deliveries:
        raise FilterStopped(f"Stopped after {state.limits.deliveries} deliveries.")
    state.spend(COST)
    code = state.host.deliver(target, state.letter.octets, state.variables)
    if code is not None:
        state.variables.set(b"EXITCODE", b"%d" % code)


def _exit(state: State, nothing: bytes) -> None:
    raise _Ended


def _echo(state: State, text: bytes) -> None:
    printed = values.printed(text)
    state.spend_output(printed)
    state.host.echo(printed)


def _log(state: State, text: bytes) -> None:
    state.permit("log")
    printed = values.printed(text)
    state.spend_output(printed)
    state.host.log(printed)


def _logfile(state: State, name: bytes) -> None:
    state.permit("logfile")
    state.host.open_log(name)


def _include(state: State, name: bytes) -> None:
    """Run another file's statements; an administrator's file may do everything."""
    if len(state.files) > state.limits.includes:
        raise FilterFailure(f"More than {state.limits.includes} files included in each other.")
    included = state.host.include(name)
    state.spend(COST + (len(included.source) >> 3))
    try:
        block = parser.parse(included.source)
    except GrammarError as error:
        raise FilterFailure(f"{name.decode('utf-8', 'replace')}, {error}") from None
    frees = included.trusted and state.file.embedded
    kept = {each: state.get(each) for each in _SECURITY} if frees else {}
    for each in kept:
        state.variables.set(each, DEFAULTS[each])
    state.files.append(File(state.file.embedded and not included.trusted))
    _block(state, block)
    state.close_database()
    state.files.pop()
    for each, value in kept.items():
        state.variables.set(each, value)


def _system(state: State, command: bytes) -> None:
    state.permit("system")
    state.spend(COST)
    ran = state.host.run(command, state.variables, None)
    state.variables.set(b"RETURNCODE", b"%d" % ran.exit_code)
    if ran.output:
        state.spend_output(ran.output)
        state.host.echo(ran.output)


def _xfilter(state: State, command: bytes) -> None:
    state.permit("xfilter")
    state.spend(COST)
    changed = state.host.transform(command, state.variables, state.letter.octets)
    state.variables.set(b"RETURNCODE", b"0")
    state.take_message(changed)


def _import(state: State, name: bytes) -> None:
    value = state.host.original(name)
    if value is None:
        state.variables.unset(name)
    else:
        state.variables.set(name, value)


def _unset(state: State, name: bytes) -> None:
    state.variables.unset(name)


_VERBS = {
    "to": _to,
    "cc": _cc,
    "exit": _exit,
    "echo": _echo,
    "log": _log,
    "logfile": _logfile,
    "include": _include,
    "system": _system,
    "xfilter": _xfilter,
    "import": _import,
    "unset": _unset,
}
