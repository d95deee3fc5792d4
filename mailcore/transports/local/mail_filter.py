"""Where mail filters take part in delivery: the administrator's, an account's own `.mailfilter`.

`instructions.carry_out` asks here for every errand that has come down to default delivery.
"""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from mailcore import log, status
from mailcore.accounts.directory import AccountValue
from mailcore.errors import TemporaryFailure
from mailcore.filters import instructions
from mailcore.maildrop import interpreter
from mailcore.maildrop.host import FilterFailure
from mailcore.maildrop.interpreter import Result
from mailcore.maildrop.tree import Block
from mailcore.routing import homes
from mailcore.transports.local import environment, exits
from mailcore.transports.local.errand import Errand
from mailcore.transports.local.filter_host import DeliveryHost

_IMPORTED = ("HOME", "SHELL", "PATH", "MAILDIRQUOTA")

_log = log.get("local")


def has_filter(home: Path) -> bool:
    """Whether default delivery in this home goes through a filter; asked once an account."""
    return os.path.lexists(home / instructions.DELIVERY) or has_site_filter()


def has_site_filter() -> bool:
    """Whether everybody's does: the administrator has one."""
    return os.path.lexists(instructions.site())


def run(errand: Errand) -> bool:
    """Let the filter deliver; False when it leaves that to us, having none.

    Its exit code means what a program's does.  Raises TemporaryFailure to try again later,
    PermanentFailure to return the message.
    """
    if not errand.settings.filters:
        return False
    try:
        block = accounts_own(errand.account)
        if not block:
            return False
        code, output = obey(errand, block)
    except FilterFailure as problem:
        _log.warning("filter.failed", recipient=errand.recipient.forward_path, error=str(problem))
        errand.trouble = str(problem)
        text = "The recipient's mail filter can't be followed."
        raise TemporaryFailure(status.OTHER_SYSTEM, text) from None
    exits.goes_on(code, output)
    return True


def accounts_own(account: AccountValue) -> Block:
    """What filters an account's mail: the administrator's filter, then its own; perhaps nothing.

    Raises FilterFailure.
    """
    block = instructions.load_site()
    try:
        _check_home(account.home)
        return block + instructions.load(account.home / instructions.DELIVERY)
    except FileNotFoundError:
        return block


def obey(errand: Errand, block: Block, arguments: Sequence[str] = ()) -> tuple[int, bytes]:
    """Deliver as a parsed filter says: its exit code, and what it has said.

    `arguments` are its `$1`, `$2` …  Raises FilterFailure, and OSError when the message can't be
    read.
    """
    host = DeliveryHost(errand)
    homes.make(errand.account)
    variables = _variables(errand)
    for number, argument in enumerate(arguments, 1):
        variables[b"%d" % number] = os.fsencode(argument)
    try:
        result = interpreter.run(block, host.message, host, variables)
        if not result.settled:
            _deliver_by_default(host, result)
    finally:
        errand.flags = frozenset()
    return result.exit_code, host.output


def _deliver_by_default(host: DeliveryHost, result: Result) -> None:
    """Where DEFAULT says, when the filter has come to its end without delivering."""
    host.deliver(result.variables.get(b"DEFAULT", b""), result.message, result.variables)


def _check_home(home: Path) -> None:
    """Mail is held while the home is sticky or anybody may write to it.  Courier maildrop."""
    mode = home.stat().st_mode
    if mode & (stat.S_IWOTH | stat.S_ISVTX):
        raise FilterFailure("the home directory is sticky, or can be written by anybody.")


def _variables(errand: Errand) -> dict[bytes, bytes]:
    """What the filter begins with; the rest of the environment is there to be imported.

    DEFAULT is where mail goes, not what `-default` stood for (trap 23).
    """
    found = environment.of(errand)
    told = {name.encode(): found[name].encode() for name in _IMPORTED if found[name]}
    told[b"DEFAULT"] = found["MAILDROPDEFAULT"].encode()
    told[b"LOGNAME"] = found["USER"].encode()
    told[b"FROM"] = errand.sender.encode("utf-8", "replace")
    told[b"HOSTNAME"] = errand.account.domain.encode()
    return told
