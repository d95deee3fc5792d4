"""Whose instructions an address is about: for commands and pages that edit them."""

from mailcore.accounts import directory
from mailcore.accounts.directory import AccountValue
from mailcore.conf.current import snapshot
from mailcore.envelope import Path
from mailcore.errors import ConfigError, GrammarError
from mailcore.routing import dotcourier, router


def owner(address: str) -> tuple[AccountValue, str]:
    """The account that mail for `address` reaches, and the extension in it.

    Raises ConfigError when it reaches no single account, TemporaryFailure when the directory
    does not answer.
    """
    try:
        found = router.resolve(Path.of(address))
    except GrammarError:
        raise ConfigError(f"{address!r} is not a mail address") from None
    account = None
    if len(found.destinations) == 1 and found.destinations[0].transport == router.LOCAL:
        account = directory.account(found.destinations[0].host)
    if account is None:
        raise ConfigError(f"mail for {address} reaches no account of its own")
    local, name = found.destinations[0].path.local, account.address.rpartition("@")[0]
    return account, dotcourier.extension(local, name, snapshot().queue.extension_separators)
