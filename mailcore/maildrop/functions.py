"""The functions of the language.  Each takes the run's state and its arguments' values."""

import re
from collections.abc import Callable, Sequence

from mailcore.maildrop import patterns, values
from mailcore.maildrop.host import FilterFailure
from mailcore.maildrop.state import COST, State
from mailcore.message.address_list import mailboxes

_ESCAPED = re.compile(rb"([|!$()\[\]\\+*?.&;`'\-~<>^{}\"])")
_FIELD_NAME = re.compile(rb"[!-9;-~]{1,80}+:")
_MOST_KEYS = 100  # tried for one
_MOST_PATTERNS = 10_000  # of one lookup file

Arguments = Sequence[bytes]


def _length(state: State, arguments: Arguments) -> bytes:
    return b"%d" % len(arguments[0])


def _substr(state: State, arguments: Arguments) -> bytes:
    subject, start = arguments[0], values.integer(arguments[1])
    count = values.integer(arguments[2]) if len(arguments) > 2 else len(subject)
    if start < 0 or count < 0:
        return b""
    return subject[start : start + count]


def _tolower(state: State, arguments: Arguments) -> bytes:
    return arguments[0].lower()


def _toupper(state: State, arguments: Arguments) -> bytes:
    return arguments[0].upper()


def _escape(state: State, arguments: Arguments) -> bytes:
    return _ESCAPED.sub(rb"\\\1", arguments[0])


def _time(state: State, arguments: Arguments) -> bytes:
    return b"%d" % state.host.now()


def _getaddr(state: State, arguments: Arguments) -> bytes:
    """The addresses of a header field, with or without its name, each on a line of its own."""
    value = arguments[0]
    state.spend(len(value) >> 4)
    name = _FIELD_NAME.match(value)
    if name is not None:
        value = value[name.end() :]
    addresses = (mailbox.address for mailbox in mailboxes(value))
    return b"".join(each.encode("utf-8", "replace") + b"\n" for each in addresses if each)


def _hasaddr(state: State, arguments: Arguments) -> bytes:
    address = arguments[0].decode("utf-8", "replace").strip().lower()
    return values.truth(address in state.letter.recipients)


def _lookup(state: State, arguments: Arguments) -> bytes:
    """Whether any pattern of a file fits; `D` tells capitals from small letters."""
    subject, case = arguments[0], b"D" in arguments[2:3]
    content = state.host.lookup_file(arguments[1])
    state.spend(COST + (len(content) >> 6))
    for count, line in enumerate(content.splitlines()):
        if count >= _MOST_PATTERNS:
            raise FilterFailure(f"A file of more than {_MOST_PATTERNS} patterns.")
        line = line.strip()
        if not line or line.startswith(b"#"):
            continue
        state.spend_search(subject, patterns.size(line, case=case))
        if patterns.first(line, case, subject) is not None:
            return values.TRUE
    return values.FALSE


def _gdbmopen(state: State, arguments: Arguments) -> bytes:
    mode = arguments[1].decode("ascii", "replace").upper()[:1] if len(arguments) > 1 else "R"
    if mode not in ("R", "W", "C", "N"):
        raise FilterFailure("gdbmopen: the mode is R, W, C or N.")
    if mode != "R":
        state.permit("gdbmopen for writing")
    state.close_database()
    state.spend(COST)
    state.file.database = state.host.open_database(arguments[0], mode)
    return b"0" if state.file.database is not None else b"-1"


def _gdbmclose(state: State, arguments: Arguments) -> bytes:
    state.close_database()
    return b"0"


def _gdbmstore(state: State, arguments: Arguments) -> bytes:
    database = state.file.database
    state.spend(COST)
    if database is None:
        return b"-1"
    return b"0" if database.store(arguments[0], arguments[1]) else b"-1"


def fetch(state: State, key: bytes, options: bytes) -> bytes | None:
    """`gdbmfetch` without its default: the value for the key, or for one near to it.

    `D` also tries an address's `user@`, its domain, and that domain's parents, or those of a
    domain; `I` the networks an address of dotted numbers is in.
    """
    database = state.file.database
    if database is None:
        return None
    for candidate in _candidates(key, options):
        state.spend()
        found = database.fetch(candidate)
        if found is not None:
            return found
    return None


def _candidates(key: bytes, options: bytes) -> list[bytes]:
    found = [key]
    if b"D" in options:
        user, sign, domain = key.rpartition(b"@")
        if sign:
            found += [user + b"@", domain]
        while b"." in domain and len(found) < _MOST_KEYS:
            domain = domain.partition(b".")[2]
            found.append(domain)
    if b"I" in options:
        while b"." in key and len(found) < _MOST_KEYS:
            key = key.rpartition(b".")[0]
            found.append(key)
    return found


FUNCTIONS: dict[str, Callable[[State, Arguments], bytes]] = {
    "length": _length,
    "substr": _substr,
    "tolower": _tolower,
    "toupper": _toupper,
    "escape": _escape,
    "time": _time,
    "getaddr": _getaddr,
    "hasaddr": _hasaddr,
    "lookup": _lookup,
    "gdbmopen": _gdbmopen,
    "gdbmclose": _gdbmclose,
    "gdbmstore": _gdbmstore,
}
