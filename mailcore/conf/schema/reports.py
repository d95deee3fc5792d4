"""The words of delivery reports."""

from dataclasses import dataclass

from mailcore.conf.fields import setting
from mailcore.message import dsn


@dataclass(frozen=True, slots=True)
class Reports:
    """What senders read when mail is late, returned or delivered; in any language."""

    subject: str = setting(
        dsn.SUBJECT,
        "Subject of reports of failure and success.",
        courier="dsnsubjectnotice.txt",
    )
    subject_delayed: str = setting(
        dsn.SUBJECT_DELAYED, "Subject of warnings of delay.", courier="dsnsubjectwarn.txt"
    )
    header: str = setting(
        dsn.HEADER,
        "How reports begin.  [#ME#] is this server's name, [#FROMTIME#] when the message came,"
        " [#FROMMTA#] from where.",
        courier="dsnheader.txt",
        kind="text",
    )
    delivered: str = setting(
        dsn.DELIVERED,
        "Before recipients who have the message.",
        courier="dsndelivered.txt",
        kind="text",
    )
    relayed: str = setting(
        dsn.RELAYED,
        "Before recipients whose servers will not report.",
        courier="dsnrelayed.txt",
        kind="text",
    )
    expanded: str = setting(dsn.EXPANDED, "Before lists that sent the message on.", kind="text")
    failed: str = setting(
        dsn.FAILED,
        "Before recipients whom the message can't reach.",
        courier="dsnfailed.txt",
        kind="text",
    )
    delayed: str = setting(
        dsn.DELAYED,
        "Before recipients whom the message has not reached yet.",
        courier="dsndelayed.txt",
        kind="text",
    )
    footer: str = setting(
        "", "How reports end; may be empty.", courier="dsnfooter.txt", kind="text"
    )
