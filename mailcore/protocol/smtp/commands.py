"""The arguments of SMTP commands.  RFC 5321 §4.1.1, RFC 6531 §3.3.

Grammar only: which parameters are known is `parameters`' business, who may do what is
policy's.  Every function raises GrammarError and nothing else.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from mailcore.envelope import NULL_PATH, Path
from mailcore.errors import GrammarError

MAX_LOCAL = 64  # octets; RFC 5321 §4.5.3.1.1
MAX_DOMAIN = 255
MAX_PATH = 256

_ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-"
_PATH = (
    r":<(?:(?:@[^@:<> ,]++,?)*+:)?"  # a source route: accepted, ignored
    rf"(?:(?P<local>[{_ATEXT}.]++|\"(?:[^\"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*+\")"
    r"(?:@(?P<domain>\[[0-9A-Za-z:.-]{1,60}\]|[^\x00-\x20@<>\"(),:;\[\\\]\x7f]++))?)?>"
    r"(?P<parameters> .*)?"
)
_MAIL = re.compile("FROM" + _PATH, re.IGNORECASE)
_RCPT = re.compile("TO" + _PATH, re.IGNORECASE)
_QUOTED_PAIR = re.compile(r"\\(.)")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_\u0080-\U0010ffff-]{1,63}(?<!-)")
_LITERAL = re.compile(r"\[(?:IPv6:[0-9A-Fa-f:.]{2,45}|[0-9]{1,3}(?:\.[0-9]{1,3}){3})\]", re.I)
_UNSAFE = re.compile(r"[\x00-\x20\x7f\u0080-\u00a0\u2028\u2029\u3000]")
_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_NAME = re.compile(r"[\x21-\x7e\u00a1-\U0010ffff]{1,255}")


class BadAddress(GrammarError):
    """The command has its shape, but the address in it is none."""


@dataclass(frozen=True, slots=True)
class Mail:
    """`MAIL FROM:<reverse-path> [SP parameters]`; keywords upper case, values as sent."""

    reverse_path: Path
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rcpt:
    """`RCPT TO:<forward-path> [SP parameters]`; keywords upper case, values as sent."""

    forward_path: Path
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Bdat:
    """`BDAT size [LAST]`.  RFC 3030 §2."""

    size: int
    last: bool


def parse_mail(argument: bytes) -> Mail:
    """What follows the MAIL verb.  No blanks around the colon, RFC 5321 §3.3."""
    match = _MAIL.fullmatch(_text(argument))
    if match is None:
        raise GrammarError("Syntax: MAIL FROM:<address> [parameters]")
    local, domain, parameters = match.group("local", "domain", "parameters")
    path = NULL_PATH if local is None else _path(local, domain)
    return Mail(path, _parameters(parameters) if parameters else {})


def parse_rcpt(argument: bytes) -> Rcpt:
    """What follows the RCPT verb.  Only <postmaster> may lack a domain, §4.1.1.3."""
    match = _RCPT.fullmatch(_text(argument))
    if match is None:
        raise GrammarError("Syntax: RCPT TO:<address> [parameters]")
    local, domain, parameters = match.group("local", "domain", "parameters")
    if local is None:
        raise BadAddress("Syntax error.")
    return Rcpt(_path(local, domain), _parameters(parameters) if parameters else {})


def parse_name(argument: bytes) -> str:
    """The name in EHLO, HELO or LHLO: anything printable, for half the world sends worse."""
    name = _text(argument)
    if not _NAME.fullmatch(name) or _UNSAFE.search(name):
        raise GrammarError("Syntax: EHLO hostname")
    return name


def parse_bdat(argument: bytes) -> Bdat:
    """What follows the BDAT verb."""
    match = re.fullmatch(rb"([0-9]{1,18})( LAST)?", argument, re.IGNORECASE)
    if match is None:
        raise GrammarError("Syntax: BDAT size [LAST]")
    return Bdat(int(match[1]), match[2] is not None)


def _text(argument: bytes) -> str:
    try:
        return argument.decode("utf-8")
    except UnicodeDecodeError:
        raise GrammarError("Neither ASCII nor UTF-8.") from None


def _path(local: str, domain: str | None) -> Path:
    if local[0] == '"':
        local = _QUOTED_PAIR.sub(r"\1", local[1:-1])
        if not local:
            raise BadAddress("Syntax error.")
    if len(local) > MAX_LOCAL or (not local.isascii() and not _fits(local)):
        raise BadAddress("Syntax error.")
    return Path(local, "" if domain is None else parse_domain(domain))


def _fits(local: str) -> bool:
    return len(local.encode("utf-8")) <= MAX_LOCAL and not _UNSAFE.search(local)


@lru_cache(maxsize=8192)
def parse_domain(text: str) -> str:
    """A domain as envelopes hold it: lower case, U-labels, no trailing dot.

    Address literals stay in their brackets.  Raises BadAddress.
    """
    if text.startswith("["):
        if not _LITERAL.fullmatch(text):
            raise BadAddress("Syntax error.")
        return text.lower()
    name = text.lower().rstrip(".")
    if len(name.encode("utf-8", "replace")) > MAX_DOMAIN or _UNSAFE.search(name):
        raise BadAddress("Syntax error.")
    if "xn--" in name:
        try:
            name = name.encode("ascii").decode("idna")
        except UnicodeError:
            raise BadAddress("Syntax error.") from None
    if not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise BadAddress("Syntax error.")
    return name


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in text.split(" "):
        if not word:
            continue
        keyword, equals, value = word.partition("=")
        keyword = keyword.upper()
        if not _KEYWORD.fullmatch(keyword) or (equals and not value) or keyword in found:
            raise GrammarError("Syntax error in parameters.")
        if _UNSAFE.search(value):
            raise GrammarError("Syntax error in parameters.")
        found[keyword] = value
    return found
