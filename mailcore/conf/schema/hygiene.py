"""What messages must look like, and what is mended."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Hygiene:
    """The look of messages: what is refused, what is mended."""

    broken_mime: str = setting(
        "reject",
        "Messages whose MIME structure is broken beyond doubt: refuse them, take them as they are,"
        " or wrap them as an attachment of a sound one.",
        courier="BOFHBADMIME",
        choices=("reject", "accept", "wrap"),
    )
    mime_headers: str = setting(
        "submissions",
        "Whose messages get the MIME headers they lack: nobody's, users', everybody's.",
        courier="MIME",
        choices=("nobody", "submissions", "everybody"),
    )
    recode: str = setting(
        "nothing",
        "What becomes of the text of users' messages: 8-bit text to quoted-printable (7bit),"
        " quoted-printable to 8-bit text (8bit), or nothing.",
        courier="MIME=7bit",
        choices=("nothing", "7bit", "8bit"),
    )
    refuse_unlabelled_eight_bit: bool = setting(
        False, "Refuse 8-bit messages that have no MIME headers to say what they are in."
    )
    refuse_base64_text: bool = setting(
        False, "Refuse text in base64, which filters don't read.", courier="BOFHNOBASE64TEXT"
    )
    rewrite_addresses: str = setting(
        "always",
        "Complete addresses without a domain in users' headers: always, not in what is signed"
        " by DKIM, never.",
        courier="NOADDRREWRITE",
        choices=("always", "unsigned", "never"),
    )
    add_date: bool = setting(True, "Give users' messages the Date they lack.", courier="NOADDDATE")
    add_message_id: bool = setting(
        True, "Give users' messages the Message-ID they lack.", courier="NOADDMSGID"
    )
    check_from: bool = setting(
        False,
        "A user may use only addresses of their own in From, Sender and their Resent- forms, not"
        " only in the envelope.",
    )
