"""What is known of Courier's files and variables that are no setting here."""

_PORTS = "ports and addresses are set where the server starts: COURIER_BIND, COURIER_PORT_…"
_CERTIFICATE = "copy the certificate and its key to tls/server.crt and tls/server.key at home"
NOT_STARTED = "this listener was off; here all of a server's ports are open or none"
PROXIED = (
    "the proxy is a service of its own here: list the machines in proxy.nodes, then switch"
    " proxy.enabled on (docs/proxy.md)"
)
LOGINS = "the database is asked; say which of the old back ends you need (auth.backends)"

# Variables that say how the old programs were run.
MACHINERY = frozenset(
    [
        "PATH",
        "SHELL",
        "SYSLOGNAME",
        "ULIMIT",
        "MAILUSER",
        "MAILGROUP",
        "PIDFILE",
        "SSLPIDFILE",
        "COURIERTLS",
        "prefix",
        "exec_prefix",
        "sysconfdir",
        "bindir",
        "sbindir",
        "libexecdir",
        "localstatedir",
        "LOGGEROPTS",
        "SSLLOGGEROPTS",
        "ESMTP_CORK",
        "TLS_DHPARAMS",
        "TLS_CACHEFILE",
        "TLS_CACHESIZE",
        "TLS_MIN_DH_BITS",
        "TLS_TIMEOUT",
        "TLS_PRIORITY",
        "ACCESSFILE",
        "IMAPACCESSFILE",
        "IMAP_ULIMITD",
        "IMAP_UMASK",
        "IMAP_USELOCKS",
        "IMAP_OBSOLETE_CLIENT",
        "IMAP_ENHANCEDIDLE",
        "IMAP_MAILBOX_SANITY_CHECK",
        "IMAP_CAPABILITY",
        "IMAP_CAPABILITY_TLS",
        "IMAP_KEYWORDS",
        "IMAP_DISABLETHREADSORT",
        "IMAP_CHECK_ALL_FOLDERS",
        "IMAP_SHAREDINDEXFILE",
        "SENDMAIL",
        "MAILDIRPATH",
        "POP3AUTH",
        "authmodulelistorig",
        "daemons",
        "authdaemonvar",
        "DEBUG_LOGIN",
        "DEFAULTOPTIONS",
        "NAME",
        "PRIORITY",
        "PROG",
        "LANG",
        "LC_ALL",
        "TLS_STARTTLS_PROTOCOL",
        "DYNAMICDELIVERIES",
        "MAILDROPDEFAULT",
    ]
)

# Variables whose place is not among the settings.
DEPLOYMENT = {
    "PORT": _PORTS,
    "ADDRESS": _PORTS,
    "SSLPORT": _PORTS,
    "SSLADDRESS": _PORTS,
    "TLS_CERTFILE": _CERTIFICATE,
    "TLS_PRIVATE_KEYFILE": _CERTIFICATE,
}

# Limits of a whole server process: no listener has its own.
WHOLE_SERVER = frozenset({"MAXDAEMONS", "MAXPERC", "MAXPERIP"})

# Values that are no difference.
HARMLESS = {
    "BOFHNOEXPN": ("1",),
    "BOFHNOVRFY": ("1",),
    "AUTH_REQUIRED": ("0",),
    "ESMTP_TLS_REQUIRED": ("0",),
    "ESMTP_LOG_DIALOG": ("0",),
    "IMAP_TLS_REQUIRED": ("0", "1"),
    "POP3_TLS_REQUIRED": ("0", "1"),
    "TLS_VERIFYPEER": ("NONE", ""),
    "IMAP_MOVE_EXPUNGE_TO_TRASH": ("0",),
    "IMAP_TRASHFOLDERNAME": ("Trash",),
    "DEFAULTDELIVERY": ("./Maildir",),
    "UUXFLAGS": ("-j -g C",),
    "TLS_TRUSTCERTS": ("",),
    "DSNNOTIFY": ("",),
    "BOFHSPFTRUSTME": ("1",),
    "MIME_UNICODE_MESSAGE_TYPE": ("message/global",),
}

# Variables we know and have nothing for.
MISSING = {
    "BOFHNOEXPN": "EXPN is never answered here",
    "BOFHNOVRFY": "VRFY tells nobody who is here",
    "DEFAULTDELIVERY": "mail goes to the Maildir, unless the account's .courier says otherwise",
    "DSNNOTIFY": "each sender's own wishes are kept",
    "TLS_PROTOCOL": "TLS 1.2 is the least everywhere",
    "TLS_CIPHER_LIST": "the library's own choice of ciphers holds",
    "TLS_VERIFYPEER": "say whom to believe: access.client_authorities, outgoing.tls_verify",
    "AUTH_MKHOMEDIR_SKEL": "each account's Maildir is made when it is needed",
    "UUXFLAGS": "there is no UUCP yet",
    "IMAP_ACL": "folders can always be shared; imap.extensions_off hides ACL from clients",
}

# Files of one line that are settings' own names, or were something once.
ONE_LINE = frozenset(
    [
        "me",
        "defaultdomain",
        "msgidhost",
        "esmtphelo",
        "dsnfrom",
        "dsnlimit",
        "dsnsubjectnotice.txt",
        "dsnsubjectwarn.txt",
        "dsnheader.txt",
        "dsndelivered.txt",
        "dsnrelayed.txt",
        "dsnfailed.txt",
        "dsndelayed.txt",
        "dsnfooter.txt",
        "esmtpgreeting",
        "esmtpdelay",
        "defaultsep",
        "esmtptimeout",
        "esmtptimeoutconnect",
        "esmtptimeoutdata",
        "esmtptimeouthelo",
        "esmtptimeoutkeepalive",
        "esmtptimeoutkeepaliveping",
        "esmtptimeoutquit",
        "ipout",
        "ip6out",
        "localtimeout",
        "queuetime",
        "warntime",
        "faxqueuetime",
        "queuefill",
        "queuehi",
        "queuelo",
        "respawnhi",
        "respawnlo",
        "retryalpha",
        "retrybeta",
        "retrygamma",
        "retrymaxdelta",
        "sizelimit",
        "submitdelay",
        "backuprelay",
        "batchsize",
        "dotextension",
        "uucpme",
        "autoresponsequota",
        "aliasfilteracct",
    ]
)

# What Courier did without the file or line, where that is not what we do: old name → setting,
# value.
DEFAULTS = {
    "sizelimit": ("esmtp.size_limit", "10M"),
    "defaultsep": ("queue.extension_separators", "-+"),
    "maxrcpts": ("esmtp.max_recipients", "100"),
}

# Files that need a word and no more: name or pattern → (is it missing, why).
FLAGS = {
    "locallowercase": (False, "local parts are the same in any case here"),
    "enablefiltering": (True, "say it in filters.sources: esmtp, local"),
    "nochangingfrom": (True, "senders' own From fields are left alone here anyway"),
    "usexsender": (True, "no X-Sender field is added"),
    "uucprewriteheaders": (True, "there is no UUCP yet"),
    "ldapaliasrc": (True, "aliases are not looked up in LDAP yet"),
    "imapaccess": (True, "IMAP and POP3 have no list of networks"),
    "userdb": (True, "accounts: make them with `manage.py account add --hashed`"),
    "faxrc": (True, "there is no fax yet"),
    "faxnotifyrc": (True, "there is no fax yet"),
    "filters": (True, "let filters put their sockets into allfilters/ and filters/ here"),
    "maildirfilterconfig": (True, "the webmail makes no mail filters yet"),
    "maildroprc": (True, "put it into the server's home, its owner's alone to write"),
    "maildropfilter": (False, "recipients' filters are asked: filters.recipient_filters"),
    "quotawarnmsg": (True, "put its text into mailboxes.quota_warning, and set its percentage"),
    "shared": (False, "who shares is known from the accounts; rights in folders are kept"),
    "aliasdir": (True, "put its files into the home of an account alias@domain"),
    "logindomainlist": (True, "users type their whole address"),
    "calendarmode": (False, "everybody has a calendar"),
    "webadmin": (False, "there is an administration here"),
    "sqwebmaild": (False, "the webmail has settings of its own"),
    "webmail": (False, "the webmail has settings of its own"),
}
PATTERNS = (
    (r".*\.dat|.*\.lock|.*\.cnf|.*~|.*\.(?:bak|orig|dist)|userdbshadow", False,
     "made by programs"),
    (r".*\.pem(?:\..*)?|.*\.crt|.*\.key", False, "keys and certificates: see TLS_CERTFILE"),
    (r"uucp.*", True, "there is no UUCP yet"),
    (r"aliases-(?:esmtp|uucp|local)", True, "aliases hold for mail of any origin"),
    (r"auth.*rc", True, LOGINS),
    (r"module\.(?:fax|uucp|dsn)", False, "limits of a transport that is not here"),
)  # fmt: skip
