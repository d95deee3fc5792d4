"""Programs of others that judge messages: global filters, milters, a service, plug-ins."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Filters:
    """Programs that judge messages."""

    sources: tuple[str, ...] = setting(
        ("esmtp",),
        "Whose mail the global filters see: `esmtp` (what comes over the network), `local`"
        " (programs here and the webmail). Filters are sockets in `allfilters/` and `filters/`.",
        courier="enablefiltering",
        choices=("esmtp", "local"),
    )
    socket_timeout: int = setting(
        300, "How long one global filter may take for one message.", kind="duration", minimum=1
    )
    verify_senders: str = setting(
        "off",
        "Ask the sender's domain whether it takes mail for a stranger's address, with its extension"
        " (full) or without (base). Costs others a connection; some list those who do it.",
        courier="verifyfilter-mode",
        choices=("off", "base", "full"),
    )
    duplicates: int = setting(
        0,
        "How many copies of one text strangers may send; more are refused, and what is still queued"
        " of the earlier ones is cancelled. 0 is any number.",
        courier="dupfilter-duplevel",
        minimum=0,
        maximum=1_000,
    )
    duplicates_window: int = setting(
        3_600,
        "How long a text is remembered after its last copy.",
        courier="dupfilter-hashsize",
        kind="duration",
        minimum=1,
    )
    recipient_filters: bool = setting(
        True,
        "Ask recipients' own filters (`.mailfilters/` in an account's home) while the peer waits:"
        " at RCPT, and after the content.",
        courier="maildropfilter",
    )
    recipient_timeout: int = setting(
        20,
        "How long one recipient's filter may take.",
        kind="duration",
        minimum=1,
        maximum=120,
    )
    alias_filter_account: str = setting(
        "",
        "Account whose home has the filters of aliases with several members"
        " (`rcptfilter-alias-ADDRESS`, its dots as colons).",
    )
    milters: tuple[str, ...] = setting(
        (),
        "Milters every message passes, in this order: `inet:127.0.0.1:8891`,"
        " `unix:/run/opendkim/opendkim.sock`; `accept` behind one lets mail pass it when it fails.",
        kind="lines",
        grammar="mailcore.policy.milter:parse",
    )
    milter_timeout: int = setting(
        60,
        "How long one milter may take for one message, all its answers together.",
        kind="duration",
        minimum=1,
    )
    http_url: str = setting(
        "", "A service every message is posted to; it answers with what to do (docs/policy.md)."
    )
    http_secret: str = setting(
        "", "Signs what is posted to the service (HMAC-SHA256).", kind="password"
    )
    http_timeout: int = setting(
        10, "How long the service may take.", kind="duration", minimum=1, maximum=300
    )
    http_most: int = setting(
        10_485_760,
        "How much of a message the service is given.",
        kind="size",
        minimum=0,
    )
    plugins: tuple[str, ...] = setting(
        (), "Checks of installed packages (entry points of `courier.checks`), in this order."
    )
    on_failure: str = setting(
        "defer",
        "What becomes of mail when a milter, the service or a plug-in fails.",
        choices=("defer", "accept"),
    )
