"""Change an account's instructions by hand: checked before, all of a file or nothing of it."""

from mailcore import log
from mailcore.accounts.directory import AccountValue
from mailcore.conf.current import snapshot
from mailcore.errors import ConfigError, GrammarError
from mailcore.routing import dotcourier, homes
from mailcore.routing.homes import Found
from mailcore.transports.local import checking
from mailcore.transports.local.checking import Remark

_log = log.get("local")


def name(account: AccountValue, extension: str) -> str:
    """What the file of this extension itself is called.  Raises ConfigError: it can't be."""
    for candidate in dotcourier.candidates(extension, _word(account)):
        return candidate.name
    raise ConfigError(f"no file can be named for the extension {extension[:80]}")


def speaking(account: AccountValue, extension: str) -> Found | None:
    """The file that speaks for an extension now.  Raises TemporaryFailure: it can't be read."""
    return homes.instructions(account.home, extension, _word(account))


def check(account: AccountValue, text: bytes, what: str) -> list[Remark]:
    """A remark on each line of `what`.  Raises ConfigError, with the line."""
    try:
        return checking.check(account, text)
    except GrammarError as problem:
        raise ConfigError(f"{what}: {problem}") from None
    except OSError as problem:
        raise ConfigError(f"the account's home can't be made: {problem.strerror}") from problem


def save(account: AccountValue, extension: str, text: bytes, *, by: str) -> list[Remark]:
    """Make or replace the extension's own file; a remark on each of its lines.

    Raises ConfigError, with the line, for what no setting would make right; then nothing has
    changed.
    """
    file = name(account, extension)
    remarks = check(account, text, file)
    for each in remarks:
        if each.is_wrong:
            raise ConfigError(f"{file}: line {each.line}: {each.problem}")
    try:
        homes.write(homes.make(account), file, text)
    except OSError as problem:
        raise ConfigError(f"{file} can't be written: {problem.strerror}") from problem
    _log.info("instructions.changed", recipient=account.address, file=file, by=by)
    return remarks


def remove(account: AccountValue, extension: str, *, by: str) -> str:
    """Remove the extension's own file; its name.  Raises ConfigError: there is none."""
    file = name(account, extension)
    try:
        (account.home / file).unlink()
    except FileNotFoundError:
        raise ConfigError(f"{account.address} has no {file}") from None
    except OSError as problem:
        raise ConfigError(f"{file} can't be removed: {problem.strerror}") from problem
    _log.info("instructions.removed", recipient=account.address, file=file, by=by)
    return file


def files(account: AccountValue) -> list[str]:
    """Every file of instructions there is in the account's home, without their beginning.

    "" is the account's own, `shop` that of its extension shop.
    """
    begin = f".{_word(account)}"
    try:
        names = sorted(each.name for each in account.home.iterdir())
    except OSError:
        return []
    return [
        found[len(begin) + 1 :].replace(":", ".")
        for found in names
        if found == begin or found.startswith(f"{begin}-")
    ]


def _word(account: AccountValue) -> str:
    return snapshot().for_mail("", account.address).local.instructions_word
