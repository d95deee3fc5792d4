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
    empty_trash: tuple[str, ...] = setting(
        ("Trash:7",),
        "Folders whose mail is deleted when it has lain there for so many days, such as `Trash:7`.",
        courier="IMAP_EMPTYTRASH",
        grammar="mailcore.mailbox.trash:parse",
    )
