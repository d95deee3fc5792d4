"""Accounts of our own database."""

from mailcore.accounts import administration, directory, passwords
from mailcore.accounts.directory import AccountValue
from mailcore.auth.contract import Login, No
from mailcore.auth.identity import Identity, of_account
from mailcore.conf.current import snapshot

# What an unknown name is checked against, so that it takes as long as a wrong password.
_NOBODY = passwords.make("nobody has this password")


class DatabaseBackend:
    """Verify against Account.password; renew imported hashes at the first login."""

    def verify(self, login: Login) -> Identity | No:
        account = directory.account(login.name)
        if account is None:
            passwords.verify(_NOBODY, login.password)
            return No.UNKNOWN
        if not passwords.verify(account.password, login.password):
            return No.REFUSED
        if not account.active or account.options.get(f"disable{login.service}"):
            return No.REFUSED
        if _lacks_a_form(account):
            administration.renew_hash(account.id, account.password, login.password)
        return of_account(account)


def _lacks_a_form(account: AccountValue) -> bool:
    """Whether what is stored should be made anew from a password that was right."""
    if not passwords.is_ours(account.password):
        return True
    settings = snapshot()
    if "SCRAM-SHA-1" in settings.esmtp.auth_mechanisms and not account.scram_sha1:
        return True
    return settings.auth.keep_passwords and not account.sealed_password
