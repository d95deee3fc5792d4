"""What an account can reach: its own mailboxes, and others' as far as the settings say."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mailcore.accounts import directory
from mailcore.accounts.directory import AccountValue, Sharer
from mailcore.auth.identity import Identity
from mailcore.conf.schema.imap import Imap
from mailcore.mailbox.places import Reach
from mailcore.maildir import shared_maildirs


def reach_of(who: Identity | AccountValue, rules: Imap) -> Reach:
    """What `who` can name by these settings.  Costs nothing until others are looked up."""
    groups = directory.groups_of(who.options)

    def maildirs() -> Mapping[str, Path]:
        common = shared_maildirs.parse(rules.shared_maildirs)
        own = shared_maildirs.subscribed(who.maildir, rules.shared_directories)
        return shared_maildirs.usable(common | own)

    if not rules.shared_folders or not directory.may_share(who.options):
        return Reach(who, groups, None, maildirs)
    domain = "" if rules.shared_across_domains else who.address.rpartition("@")[2]
    group = directory.shared_group(who.options)

    def sharers() -> Sequence[Sharer]:
        return directory.sharers(domain, group)

    return Reach(who, groups, sharers, maildirs, escape=rules.shared_escape_names)
