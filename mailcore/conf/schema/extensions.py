"""What our ESMTP servers offer beyond plain SMTP."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Extensions:
    """The extensions of the ESMTP servers."""

    off: tuple[str, ...] = setting(
        (),
        "Extensions that are not offered.",
        choices=(
            "STARTTLS",
            "XVERP",
            "XEXDATA",
            "XSECURITY",
            "PIPELINING",
            "8BITMIME",
            "SMTPUTF8",
            "CHUNKING",
            "BINARYMIME",
            "REQUIRETLS",
            "FUTURERELEASE",
            "MT-PRIORITY",
            "LIMITS",
            "DSN",
        ),
    )
    highest_priority: int = setting(
        4,
        "The highest priority (MT-PRIORITY, 1 to 9) users may give their mail; strangers get none.",
        minimum=0,
        maximum=9,
    )
    longest_hold: int = setting(
        30 * 86_400,
        "How far ahead a user may ask for delivery at a time of their own; 0 offers it to nobody.",
        kind="duration",
        minimum=0,
        maximum=365 * 86_400,
    )
    max_messages: int = setting(
        0, "Messages of one session; more are refused with 421.  0 is no limit.", minimum=0
    )
