"""The webmail, the calendar and the stream that tells browsers about new mail."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Webmail:
    """What people see in the browser."""

    enabled: bool = setting(True, "Run this part.")
    page_size: int = setting(50, "Messages on one page of a folder.", minimum=10, maximum=200)
    session_hours: int = setting(
        14 * 24, "Hours without a click after which a browser has to sign in again.", minimum=1
    )
    message_size: int = setting(
        25 * 1024 * 1024,
        "The largest message that can be written in the browser, attachments included.",
        kind="size",
        minimum=65536,
        courier="sqwebmail's attachment limit",
    )
    undo_minutes: int = setting(
        60, "How long a move or deletion can be undone from its notice.", minimum=1, maximum=1440
    )
    remote_images: bool = setting(
        False, "Load pictures from other servers without asking. Senders learn who reads what."
    )
    events_url: str = setting(
        "",
        "Address of the event stream as browsers reach it, if a proxy stands before it; "
        "empty means this host on the events port.",
    )
