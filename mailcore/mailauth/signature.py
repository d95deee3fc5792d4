"""The DKIM-Signature field as a value.  RFC 6376 §3.5, RFC 8463 §3."""

import re
from dataclasses import dataclass

from mailcore.errors import GrammarError
from mailcore.mailauth import tags
from mailcore.mailauth.canonical import RELAXED, SIMPLE

RSA, ED25519 = "rsa-sha256", "ed25519-sha256"
MOST_FIELDS = 500  # names in h=

_NAME = re.compile(r"[!-9;-~]+")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_EMPTIED = re.compile(rb"((?:^|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*")
_FORMS = frozenset({SIMPLE, RELAXED})


class UnknownAlgorithm(GrammarError):
    """Not one we believe, rsa-sha1 for instance (RFC 8301 §3.1); not told to anybody as theirs."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What one signature says of itself.

    `signed` are the names of h=, in lower case; `limit` is l=; times in seconds since 1970.
    """

    algorithm: str
    domain: str
    selector: str
    identity: str
    signed: tuple[bytes, ...]
    header_form: str
    body_form: str
    body_hash: bytes
    value: bytes
    short: str  # the beginning of b=, as header.b tells it (RFC 8601 §2.7.1)
    limit: int | None = None
    signed_at: int | None = None
    expires: int | None = None


def parse(value: bytes) -> Signature:
    """Read the value of a DKIM-Signature.  Raises GrammarError."""
    found = read_tags(value)
    if found.get("v") != "1":
        raise GrammarError("unknown version")
    if "dns/txt" not in tags.solid(found.get("q", "dns/txt")).split(":"):
        raise GrammarError("the key is not in DNS")
    domain = domain_name(required(found, "d"))
    identity = tags.solid(found.get("i", "")) or f"@{domain}"
    at = identity.rpartition("@")[2].lower().rstrip(".")
    if at != domain and not at.endswith("." + domain):
        raise GrammarError("i= is not within d=")
    return of_tags(found, identity)


def of_tags(found: dict[str, str], identity: str = "") -> Signature:
    """What a DKIM-Signature and an ARC-Message-Signature have in common.  Raises GrammarError."""
    domain = domain_name(required(found, "d"))
    signed = names(required(found, "h"))
    if b"from" not in signed:
        raise GrammarError("From is not signed")
    header_form, body_form = forms(found.get("c", ""))
    signed_at = tags.number(found["t"]) if "t" in found else None
    expires = tags.number(found["x"]) if "x" in found else None
    if signed_at is not None and expires is not None and expires < signed_at:
        raise GrammarError("it expired before it was made")
    return Signature(
        algorithm(found),
        domain,
        domain_name(required(found, "s")),
        identity or f"@{domain}",
        signed,
        header_form,
        body_form,
        tags.octets(required(found, "bh")),
        tags.octets(required(found, "b")),
        tags.solid(found["b"])[:8],
        limit=tags.number(found["l"]) if "l" in found else None,
        signed_at=signed_at,
        expires=expires,
    )


def read_tags(value: bytes) -> dict[str, str]:
    """The tags of a field's value.  Raises GrammarError; what is not UTF-8 is no list."""
    try:
        return tags.parse(value.decode("utf-8"))
    except UnicodeDecodeError:
        raise GrammarError("not UTF-8") from None


def required(found: dict[str, str], tag: str) -> str:
    """A tag that must be there.  Raises GrammarError."""
    value = found.get(tag, "")
    if not value:
        raise GrammarError(f"{tag}= is missing")
    return value


def algorithm(found: dict[str, str]) -> str:
    """a=, if it is one we believe.  Raises UnknownAlgorithm."""
    name = required(found, "a").lower()
    if name not in (RSA, ED25519):
        raise UnknownAlgorithm(f"{re.sub(r'[^a-z0-9-]', '?', name)[:40]} is not believed")
    return name


def domain_name(text: str) -> str:
    """A domain or selector in lower case, as DNS is asked.  Raises GrammarError."""
    text = tags.solid(text).lower().rstrip(".")
    if not text.isascii():
        try:
            text = text.encode("idna").decode("ascii")
        except UnicodeError:
            raise GrammarError("not a domain") from None
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in text.split(".")):
        raise GrammarError("not a domain")
    return text


def names(text: str) -> tuple[bytes, ...]:
    """The names of h=, in lower case.  Raises GrammarError."""
    found = tags.solid(text).lower().split(":", MOST_FIELDS)
    if len(found) > MOST_FIELDS or not all(_NAME.fullmatch(each) for each in found):
        raise GrammarError("not a list of field names")
    return tuple(each.encode("ascii") for each in found)


def forms(text: str) -> tuple[str, str]:
    """c= as (header, body); what is not said is simple.  Raises GrammarError."""
    header, _, body = text.lower().partition("/")
    pair = header or SIMPLE, body or SIMPLE
    if not _FORMS.issuperset(pair):
        raise GrammarError("unknown canonicalisation")
    return pair


def emptied(raw: bytes) -> bytes:
    """A signature field as it was when it was signed: b= there, and empty.  RFC 6376 §3.7."""
    name, colon, value = raw.partition(b":")
    return name + colon + _EMPTIED.sub(rb"\1", value, count=1)
