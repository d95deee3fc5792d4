"""The queue: how long mail is tried, how much at once, and which way it goes out."""

from dataclasses import dataclass

from mailcore.conf.fields import setting


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue and its delivery."""

    enabled: bool = setting(True, "Deliver what is in the queue.")
    retry_alpha: int = setting(
        300,
        "Time between two short retries.",
        courier="retryalpha",
        kind="duration",
        minimum=1,
    )
    retry_beta: int = setting(
        3,
        "Every so many attempts the pause is a long one.",
        courier="retrybeta",
        minimum=1,
        maximum=100,
    )
    retry_gamma: int = setting(
        900,
        "Base of the long pause, doubled each time it comes.",
        courier="retrygamma",
        kind="duration",
        minimum=1,
    )
    retry_maxdelta: int = setting(
        3,
        "How many times the long pause doubles.",
        courier="retrymaxdelta",
        minimum=0,
        maximum=20,
    )
    expire_after: int = setting(
        604_800,
        "How long mail is tried before it is returned.",
        courier="queuetime",
        kind="duration",
        minimum=60,
    )
    warn_after: int = setting(
        14_400,
        "When the sender is warned that mail is late; 0 never warns.",
        courier="warntime",
        kind="duration",
        minimum=0,
    )
    initial_hold: int = setting(
        0,
        "Pause before the first attempt, so that duplicates can be caught.",
        courier="submitdelay",
        kind="duration",
        minimum=0,
    )
    inline_limit: int = setting(
        131_072,
        "Messages up to this length are kept in the queue's database, longer ones in files.",
        kind="size",
        minimum=1024,
        maximum=1_048_576,
    )
    free_space: int = setting(
        10 * 1_048_576,
        "Recipients are put off with 431 when the disk of the queue has less room; 0 never.",
        kind="size",
        minimum=0,
    )
    local_slots: int = setting(
        4, "Local delivery batches under way at once.", courier="MAXDELS", minimum=1
    )
    local_batch: int = setting(
        300, "Most recipients of one local batch.", courier="MAXRCPT", minimum=1, maximum=2000
    )
    instruction_slots: int = setting(
        6,
        "Accounts whose delivery instructions are followed at once.",
        courier="MAXDELS",
        minimum=1,
    )
    esmtp_slots: int = setting(
        40,
        "Outgoing SMTP batches under way at once; the worker has a thread for each from its next"
        " start on.",
        courier="MAXDELS",
        minimum=1,
    )
    esmtp_host_slots: int = setting(
        4, "Outgoing SMTP batches under way to one domain.", courier="MAXHOST", minimum=1
    )
    esmtp_batch: int = setting(
        100,
        "Most recipients of one outgoing SMTP batch.",
        courier="MAXRCPT",
        minimum=1,
        maximum=2000,
    )
    network_slots: int = setting(
        0,
        "Connections of one worker to one network (a /24, IPv6 a /48) at once; 0 for no limit.",
        minimum=0,
    )
    slots: tuple[str, ...] = setting(
        (),
        "Other transports' limits: transport, batches at once, of them to one host, recipients of"
        " a batch.",
        courier="MAXDELS MAXHOST MAXRCPT",
        kind="lines",
    )
    slow_share: int = setting(
        75,
        "Part of the slots, in percent, that hosts may take together which are slow just now.",
        minimum=1,
        maximum=100,
    )
    worker_recycle: int = setting(
        0,
        "Age at which a worker with nothing to do ends and is started anew; 0 never.",
        courier="respawnlo",
        kind="duration",
        minimum=0,
    )
    attempt_limit: int = setting(
        1800,
        "An attempt that takes longer is taken for dead and its mail tried again.",
        courier="localtimeout",
        kind="duration",
        minimum=60,
        maximum=3000,
    )
    host_rest: int = setting(
        300,
        "How long a domain none of whose servers answered is left alone; 0 never.",
        courier="esmtpdelay",
        kind="duration",
        minimum=0,
    )
    routes: tuple[str, ...] = setting(
        (),
        "Static routes, first match wins: domain:relay[,port][ /FLAG,…]; .domain for all below"
        " it, an empty domain for everything, an empty relay for plain DNS."
        " Flags: SECURITY=STARTTLS, SECURITY=REQUIRED, SECURITY=SMTPS, IPV4ONLY, IPV6ONLY,"
        " SOCKS=host:port.",
        courier="esmtproutes",
        kind="lines",
    )
    route_passwords: tuple[str, ...] = setting(
        (),
        "Logins at relays: relay[,port] name password; without a password, by our certificate.",
        courier="esmtpauthclient",
        kind="secret-lines",
    )
    helo: str = setting(
        "", "What we call ourselves to other servers; empty means our name.", courier="esmtphelo"
    )
    source_ipv4: str = setting("", "Source address of outgoing IPv4 connections.", courier="ipout")
    source_ipv6: str = setting("", "Source address of outgoing IPv6 connections.", courier="ip6out")
    prefer_ipv6: bool = setting(
        False, "Try IPv6 addresses of a host first.", courier="ESMTP_PREFER_IPV6_MX"
    )
    use_starttls: bool = setting(
        True, "Encrypt to servers that offer it.", courier="ESMTP_USE_STARTTLS"
    )
    tls_verify: bool = setting(
        False,
        "Refuse servers whose certificate does not bear their MX name.",
        courier="ESMTP_TLS_VERIFY_DOMAIN",
    )
    timeout_connect: int = setting(
        60, "Connecting.", courier="esmtptimeoutconnect", kind="duration", minimum=1
    )
    timeout_helo: int = setting(
        300, "Greeting and EHLO.", courier="esmtptimeouthelo", kind="duration", minimum=1
    )
    timeout_command: int = setting(
        600, "Reply to a command.", courier="esmtptimeout", kind="duration", minimum=1
    )
    timeout_data: int = setting(
        300, "Sending and acknowledging the message.", courier="esmtptimeoutdata",
        kind="duration", minimum=1,
    )  # fmt: skip
    timeout_quit: int = setting(
        10, "Reply to QUIT.", courier="esmtptimeoutquit", kind="duration", minimum=1
    )
    keepalive: int = setting(
        60,
        "How long an idle connection is kept for the next message.",
        courier="esmtptimeoutkeepalive",
        kind="duration",
        minimum=0,
    )
    broken_mx: bool = setting(
        False,
        "Deliver to domains whose MX records name an address instead of a host.",
        courier="BOFHCHECKDNS",
    )
    resolvers: tuple[str, ...] = setting(
        (), "DNS servers as address or address:port; empty asks the machine's own."
    )
    dns_timeout: int = setting(20, "Longest wait for DNS.", kind="duration", minimum=1)
    allow_raw_headers: bool = setting(
        False,
        "Accept 8-bit characters in headers without SMTPUTF8.",
        courier="BOFHBADMIME",
    )
    add_undisclosed: bool = setting(
        True, "Give submitted mail that names nobody a To: undisclosed-recipients: ;."
    )
    extension_separators: str = setting(
        "+", "What sets an extension apart in a local part.", courier="defaultsep"
    )
    dsn_from: str = setting("", "From: of delivery reports.", courier="dsnfrom")
    dsn_limit: int = setting(
        32_768, "Longer messages are returned without their body.", courier="dsnlimit", kind="size"
    )
    dsn_default_delay: bool = setting(
        True,
        "Warn of delays also senders who did not ask.",
        courier="DSNDEFAULTNOTIFYDELAY",
    )
    dsn_to_login: bool = setting(
        False, "Send reports to the login that submitted the mail.", courier="DSNTOAUTHADDR"
    )
    block_backscatter: tuple[str, ...] = setting(
        (),
        "Send no reports to other servers about mail that came in these ways: smtp, authsmtp.",
        courier="ESMTP_BLOCKBACKSCATTER",
    )
    archive_directory: str = setting(
        "",
        "Keep every message that leaves the queue in this directory, with all that became of it,"
        " a directory a day; empty keeps none.  Nothing is ever removed there.",
        courier="ARCHIVEDIR",
    )
