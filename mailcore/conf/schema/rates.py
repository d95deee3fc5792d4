"""How much logins may send; a domain's or an account's own values count before the server's."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Rates:
    """How much logins may send."""

    messages_hour: int = setting(
        0, "Messages an account may send within an hour; 0 is no limit.", minimum=0
    )
    messages_day: int = setting(
        0, "Messages an account may send within a day; 0 is no limit.", minimum=0
    )
    recipients_hour: int = setting(
        0, "Recipients an account may write to within an hour; 0 is no limit.", minimum=0
    )
    recipients_day: int = setting(
        0, "Recipients an account may write to within a day; 0 is no limit.", minimum=0
    )
    domain_messages_hour: int = setting(
        0, "Messages all accounts of a domain may send within an hour; 0 is no limit.", minimum=0
    )
    domain_messages_day: int = setting(
        0, "Messages all accounts of a domain may send within a day; 0 is no limit.", minimum=0
    )
    domain_recipients_hour: int = setting(
        0,
        "Recipients all accounts of a domain may write to within an hour; 0 is no limit.",
        minimum=0,
    )
    domain_recipients_day: int = setting(
        0,
        "Recipients all accounts of a domain may write to within a day; 0 is no limit.",
        minimum=0,
    )
    freeze_factor: int = setting(
        5,
        "An account that tries to send this many times its limit sends nothing until you say so;"
        " 0 is never.",
        minimum=0,
    )
