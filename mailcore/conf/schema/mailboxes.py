"""What becomes of mail in the mailboxes, whichever way it is read."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """How long deleted mail is kept."""

    undelete_days: int = setting(
        14,
        "For how many days mail that was deleted for good can still be restored; 0 keeps none.",
        minimum=0,
        maximum=3650,
    )
    undelete_size: int = setting(
        1 << 30,
        "How much deleted mail of one account is kept; the oldest goes first; 0 is any amount.",
        kind="size",
        minimum=0,
    )
    quota_warning_percent: int = setting(
        0,
        "From how full a mailbox on its owner is warned by a letter, once a day as long as mail"
        " comes; in percent of the quota, 0 warns nobody.",
        minimum=0,
        maximum=100,
    )
    quota_warning: str = setting(
        "Your mailbox is nearly full\n"
        "The mailbox {address} is {percent} percent full. When it is full, mail for you waits\n"
        "for a few days and then goes back to its senders. Please delete what you no longer need.",
        "That letter: the first line is its subject. {address} and {percent} are filled in.",
        courier="quotawarnmsg",
        kind="text",
    )
    empty_trash: tuple[str, ...] = setting(
        ("Trash:7",),
        "Folders whose mail is deleted when it has lain there for so many days, such as `Trash:7`.",
        courier="IMAP_EMPTYTRASH",
        grammar="mailcore.mailbox.trash:parse",
    )
