"""What MAIL and RCPT parameters mean.

SIZE RFC 1870, BODY RFC 6152 and RFC 3030, SMTPUTF8 RFC 6531, AUTH RFC 4954 §5, RET ENVID
NOTIFY ORCPT RFC 3461 and RFC 6533, HOLDFOR HOLDUNTIL RFC 4865, REQUIRETLS RFC 8689,
MT-PRIORITY RFC 6710; VERP EXDATA SECURITY are Courier's.  To add one: a reader in MAIL_READERS
or RCPT_READERS, a field in the options, a line in OF if the keyword isn't the extension's, and the
extension in `extensions`.
"""

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mailcore.envelope import Body, Notify, Ret, Security
from mailcore.errors import GrammarError

MAX_ENVID = 100  # characters as written; RFC 3461 §4.4
MAX_ORCPT = 500  # RFC 3461 §4.2

_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_HEXCHAR = re.compile(r"\+([0-9A-F]{2})")
_EMBEDDED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MOMENT = re.compile(  # RFC 3339 §5.6
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})",
    re.IGNORECASE,
)
_ADDR_TYPE = re.compile(r"[A-Za-z0-9-]{1,40}")


class UnknownParameter(GrammarError):
    """A keyword we don't offer: 555."""


@dataclass(slots=True)
class MailOptions:
    """`size` in octets, 0 when not said; `auth` the AUTH= mailbox, empty when not said.

    `hold_for` in seconds and `hold_until` in seconds since the epoch are 0 when not said.
    `priority` is 0 when not said: RFC 6710 §3 makes no difference.
    """

    size: int = 0
    body: Body = Body.SEVENBIT
    smtputf8: bool = False
    ret: Ret = Ret.UNSAID
    envid: str = ""
    auth: str = ""
    verp: bool = False
    exdata: bool = False
    security: Security = Security.UNSAID
    hold_for: int = 0
    hold_until: int = 0
    priority: int = 0


@dataclass(slots=True)
class RcptOptions:
    """`orcpt` is `type;address`, decoded."""

    notify: frozenset[Notify] = frozenset()
    orcpt: str = ""


def read_mail(parameters: Mapping[str, str], offered: Container[str]) -> MailOptions:
    """The meaning of MAIL's parameters, of those that belong to extensions that are `offered`.

    Raises UnknownParameter or GrammarError.
    """
    options = MailOptions()
    for keyword, value in parameters.items():
        reader = MAIL_READERS.get(keyword)
        if reader is None or OF.get(keyword, keyword) not in offered:
            raise UnknownParameter(f"Unknown parameter {keyword}.")
        reader(options, value)
    if options.body is Body.BINARY and "BINARYMIME" not in offered:
        raise UnknownParameter("BODY=BINARYMIME is not offered.")
    return options


def read_rcpt(parameters: Mapping[str, str], offered: Container[str]) -> RcptOptions:
    """The same for RCPT's."""
    options = RcptOptions()
    for keyword, value in parameters.items():
        reader = RCPT_READERS.get(keyword)
        if reader is None or OF.get(keyword, keyword) not in offered:
            raise UnknownParameter(f"Unknown parameter {keyword}.")
        reader(options, value)
    return options


def decode_xtext(text: str) -> str:
    """RFC 3461 §4, refusing what would decode to a control character."""
    if not _XTEXT.fullmatch(text):
        raise GrammarError("Syntax error in xtext.")
    if "+" not in text:
        return text
    octets = _HEXCHAR.sub(lambda found: chr(int(found[1], 16)), text).encode("latin-1")
    try:
        decoded = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise GrammarError("Syntax error in xtext.") from None
    if _CONTROL.search(decoded):
        raise GrammarError("Control characters in xtext.")
    return decoded


def decode_utf8_address(text: str) -> str:
    """RFC 6533 §3: `utf-8-addr-xtext` (\\x{HEX}) or `utf-8-addr-unitext`."""
    try:
        decoded = _EMBEDDED.sub(lambda found: chr(int(found[1], 16)), text)
    except (ValueError, OverflowError):
        raise GrammarError("Syntax error in ORCPT.") from None
    if _CONTROL.search(decoded) or " " in decoded:
        raise GrammarError("Syntax error in ORCPT.")
    return decoded


def _size(options: MailOptions, value: str) -> None:
    if not re.fullmatch(r"[0-9]{1,20}", value):
        raise GrammarError("Syntax: SIZE=octets")
    options.size = int(value)


def _body(options: MailOptions, value: str) -> None:
    match value.upper():
        case "7BIT":
            options.body = Body.SEVENBIT
        case "8BITMIME":
            options.body = Body.EIGHTBIT
        case "BINARYMIME":
            options.body = Body.BINARY
        case _:
            raise UnknownParameter("Only BODY=7BIT, 8BITMIME and BINARYMIME are known.")


def _smtputf8(options: MailOptions, value: str) -> None:
    if value:
        raise GrammarError("SMTPUTF8 takes no value.")
    options.smtputf8 = True


def _ret(options: MailOptions, value: str) -> None:
    if value.upper() not in ("FULL", "HDRS"):
        raise GrammarError("Syntax: RET=FULL or RET=HDRS")
    options.ret = Ret(value.upper())


def _envid(options: MailOptions, value: str) -> None:
    if not value or len(value) > MAX_ENVID:
        raise GrammarError("Syntax: ENVID=xtext of at most 100 characters")
    decoded = decode_xtext(value)
    if not decoded.isascii():
        raise GrammarError("ENVID must be printable ASCII.")
    options.envid = decoded


def _auth(options: MailOptions, value: str) -> None:
    if not value:
        raise GrammarError("Syntax: AUTH=<> or AUTH=mailbox")
    options.auth = value if value == "<>" else decode_xtext(value)


def _verp(options: MailOptions, value: str) -> None:
    if value:
        raise GrammarError("VERP takes no value.")
    options.verp = True


def _exdata(options: MailOptions, value: str) -> None:
    if value:
        raise GrammarError("EXDATA takes no value.")
    options.exdata = True


def _security(options: MailOptions, value: str) -> None:
    if value.upper() not in ("NONE", "STARTTLS"):
        raise GrammarError("Syntax: SECURITY=NONE or SECURITY=STARTTLS")
    if value.upper() == "STARTTLS":
        _secure(options, Security.STARTTLS)


def _require_tls(options: MailOptions, value: str) -> None:
    if value:
        raise GrammarError("REQUIRETLS takes no value.")
    _secure(options, Security.REQUIRETLS)


def _secure(options: MailOptions, wanted: Security) -> None:
    if options.security:
        raise GrammarError("SECURITY=STARTTLS and REQUIRETLS exclude each other.")
    options.security = wanted


def _hold_for(options: MailOptions, value: str) -> None:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", value) or options.hold_until:
        raise GrammarError("Syntax: HOLDFOR=seconds, without HOLDUNTIL")
    options.hold_for = int(value)


def _hold_until(options: MailOptions, value: str) -> None:
    if not _MOMENT.fullmatch(value) or options.hold_for:
        raise GrammarError("Syntax: HOLDUNTIL=2030-12-31T23:59:59Z, without HOLDFOR")
    try:
        moment = datetime.fromisoformat(value.upper())
        options.hold_until = max(int(moment.astimezone(UTC).timestamp()), 1)
    except (ValueError, OverflowError):
        raise GrammarError("HOLDUNTIL is no moment.") from None


def _priority(options: MailOptions, value: str) -> None:
    if not re.fullmatch(r"0|-?[1-9]", value):
        raise GrammarError("Syntax: MT-PRIORITY=-9 to 9")
    options.priority = int(value)


def _notify(options: RcptOptions, value: str) -> None:
    words = value.upper().split(",")
    try:
        wanted = frozenset(Notify(word) for word in words)
    except ValueError:
        raise GrammarError("Syntax: NOTIFY=NEVER or a list of SUCCESS,FAILURE,DELAY") from None
    if Notify.NEVER in wanted and len(words) > 1:
        raise GrammarError("NOTIFY=NEVER stands alone.")
    options.notify = wanted


def _orcpt(options: RcptOptions, value: str) -> None:
    kind, semicolon, address = value.partition(";")
    if not semicolon or not address or len(value) > MAX_ORCPT or not _ADDR_TYPE.fullmatch(kind):
        raise GrammarError("Syntax: ORCPT=type;xtext")
    if kind.lower() == "utf-8":
        options.orcpt = f"{kind};{decode_utf8_address(address)}"
    else:
        options.orcpt = f"{kind};{decode_xtext(address)}"


MAIL_READERS: Mapping[str, Callable[[MailOptions, str], None]] = {
    "SIZE": _size,
    "BODY": _body,
    "SMTPUTF8": _smtputf8,
    "RET": _ret,
    "ENVID": _envid,
    "AUTH": _auth,
    "VERP": _verp,
    "EXDATA": _exdata,
    "SECURITY": _security,
    "REQUIRETLS": _require_tls,
    "HOLDFOR": _hold_for,
    "HOLDUNTIL": _hold_until,
    "MT-PRIORITY": _priority,
}

RCPT_READERS: Mapping[str, Callable[[RcptOptions, str], None]] = {
    "NOTIFY": _notify,
    "ORCPT": _orcpt,
}

OF: Mapping[str, str] = {
    "BODY": "8BITMIME",
    "RET": "DSN",
    "ENVID": "DSN",
    "NOTIFY": "DSN",
    "ORCPT": "DSN",
    "VERP": "XVERP",
    "EXDATA": "XEXDATA",
    "SECURITY": "XSECURITY",
    "HOLDFOR": "FUTURERELEASE",
    "HOLDUNTIL": "FUTURERELEASE",
}
"""The extension a parameter belongs to, where their keywords differ."""
