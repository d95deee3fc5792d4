"""The IMAP server."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Imap:
    """The IMAP server."""

    enabled: bool = setting(True, "Run this part.", courier="IMAPDSTART")
    processes: int = setting(
        0, "How many processes serve IMAP; 0 is one per core.", minimum=0, maximum=64
    )
    max_connections: int = setting(
        5000, "Connections one server process accepts; 0 for any number.",
        courier="MAXDAEMONS", minimum=0,
    )  # fmt: skip
    max_per_address: int = setting(
        40, "Connections from one address; programs on this machine are not counted.",
        courier="MAXPERIP", minimum=0,
    )  # fmt: skip
    login_seconds: int = setting(
        60, "How long a client may take to log in.", kind="duration", minimum=5
    )
    idle_seconds: int = setting(
        30 * 60, "A client that says nothing for so long is logged out (RFC 3501: 30 minutes).",
        kind="duration", minimum=30 * 60,
    )  # fmt: skip
    poll_seconds: int = setting(
        20, "How often open mailboxes are looked at when nothing announces changes.",
        courier="IMAP_IDLE_TIMEOUT", kind="duration", minimum=1,
    )  # fmt: skip
    command_limit: int = setting(
        65_536, "The longest command, literals not counted.", kind="size", minimum=8192
    )
    literal_limit: int = setting(
        65_536, "All literals of one command together, except those of APPEND.",
        kind="size", minimum=8192,
    )  # fmt: skip
    append_limit: int = setting(
        64 << 20, "The largest message a client may store.", kind="size", minimum=65_536
    )
    shared_folders: bool = setting(
        True, "Show people the folders that others share with them, as #shared.ACCOUNT.FOLDER."
    )
    shared_across_domains: bool = setting(
        False,
        "Let folders be shared with accounts of other domains of this server; otherwise anyone"
        " means anyone in the owner's domain.",
    )
    shared_escape_names: bool = setting(
        False,
        r"Write the dots and slashes of an account's name as \: and \; among the shared folders,"
        " instead of as spaces.",
        courier="IMAP_SHAREDMUNGENAMES",
    )
    shared_maildirs: tuple[str, ...] = setting(
        (),
        "Maildirs made with maildirmake -S whose shared folders everybody finds below shared.NAME:"
        " `NAME /path`.",
        courier="maildirshared",
        kind="lines",
    )
    shared_directories: tuple[str, ...] = setting(
        (),
        "Directories below which the Maildirs have to lie that accounts name in their own"
        " `shared-maildirs`; none: those files are not read.",
        kind="lines",
    )
    metadata_value_limit: int = setting(
        16_384, "The longest annotation of a mailbox (METADATA).", kind="size", minimum=256,
        maximum=65_536,
    )  # fmt: skip
    metadata_entries: int = setting(
        50, "How many annotations each person, and all together, may give one mailbox.",
        minimum=0, maximum=1000,
    )  # fmt: skip
    metadata_admin: str = setting(
        "", "Address of the administrator, as mailto:somebody@example.com; mail programs can ask."
    )
    metadata_comment: str = setting("", "A note about this server that mail programs can ask for.")
    auth_mechanisms: tuple[str, ...] = setting(
        ("PLAIN", "LOGIN", "SCRAM-SHA-256", "EXTERNAL", "OAUTHBEARER", "XOAUTH2"),
        "SASL mechanisms offered, where the mechanism can work: -PLUS under TLS, EXTERNAL with a"
        " certificate of access.client_authorities, CRAM-MD5 with auth.keep_passwords, the last two"
        " with auth.token_backends.",
        courier="IMAP_CAPABILITY",
        choices=(
            "PLAIN",
            "LOGIN",
            "CRAM-MD5",
            "SCRAM-SHA-1",
            "SCRAM-SHA-1-PLUS",
            "SCRAM-SHA-256",
            "SCRAM-SHA-256-PLUS",
            "EXTERNAL",
            "OAUTHBEARER",
            "XOAUTH2",
        ),
    )
    outbox: str = setting(
        "",
        "A folder, such as Outbox, from which mail is sent: each message that a mail program puts"
        " there goes to those in its To, Cc and Bcc. Empty: there is none.",
        courier="OUTBOX",
        grammar="mailcore.imapd.outbox_name:named",
    )
    outbox_field: str = setting(
        "X-IMAP-Sender",
        "A header field that tells who sent a message by the outbox; empty writes none.",
        courier="HEADERFROM",
        grammar="mailcore.imapd.outbox_name:check_field",
    )
    extensions_off: tuple[str, ...] = setting(
        (),
        "Extensions that are not offered, such as QRESYNC or COMPRESS=DEFLATE; for one account,"
        " when its mail program trips over one.",
        courier="IMAP_CAPABILITY",
        grammar="mailcore.imapd.capabilities:known",
    )
