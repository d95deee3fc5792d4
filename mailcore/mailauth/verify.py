"""Are the DKIM signatures of a message good?  RFC 6376 §6.

Bounded: so many signatures, each one question to DNS, one reading of the body, and a deadline.
Whatever a message says, the answer is a value; only our own disk raises (OSError).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from mailcore.dns.resolver import Resolver
from mailcore.errors import GrammarError, TemporaryFailure
from mailcore.mailauth import canonical, key_record, signature
from mailcore.mailauth.canonical import RELAXED
from mailcore.mailauth.key_record import KeyRecord, Revoked, Unacceptable
from mailcore.mailauth.signature import Signature, UnknownAlgorithm
from mailcore.mailauth.text import SignedText, Wanted

LONGEST_CHECK = 20.0  # seconds in all
_SKEW = 3600  # seconds a signer's clock may be ahead
_MOST_RECORDS = 5  # TXT records of one name that are tried
_NAME = b"dkim-signature"
_ALONE = (b"from", b"sender", b"reply-to", b"to", b"cc", b"subject", b"date", b"message-id")


class DkimResult(StrEnum):
    """RFC 8601 §2.7.1."""

    NONE = "none"
    PASS = "pass"  # noqa: S105  # not a password
    FAIL = "fail"
    POLICY = "policy"
    NEUTRAL = "neutral"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class DkimVerdict:
    """What came of one signature; `signature` is None when it could not be read."""

    result: DkimResult
    reason: str = ""
    signature: Signature | None = None
    bits: int = 0
    testing: bool = False

    @property
    def is_good(self) -> bool:
        return self.result is DkimResult.PASS


@dataclass(slots=True)
class Keys:
    """Asks DNS for key records; one time limit for all of a message's questions."""

    resolver: Resolver
    deadline: float  # monotonic seconds

    @classmethod
    def of(cls, resolver: Resolver) -> "Keys":
        return cls(resolver, time.monotonic() + LONGEST_CHECK)

    def find(self, selector: str, domain: str) -> KeyRecord:
        """The key called so.

        Raises GrammarError and its kind when there is no usable one, TemporaryFailure.
        """
        if time.monotonic() > self.deadline:
            raise TimeoutError
        records = self.resolver.txt(f"{selector}._domainkey.{domain}").records
        problem = GrammarError("no key")
        for text in records[:_MOST_RECORDS]:
            try:
                return key_record.parse(text)
            except GrammarError as found:
                problem = found
        raise problem


def verify(text: SignedText, resolver: Resolver, *, now: float, most: int = 8) -> list[DkimVerdict]:
    """A verdict for each of the first `most` signatures.  Blocks for DNS."""
    keys = Keys.of(resolver)
    found = text.named(_NAME)[:most]
    read = [_read(each.value, now) for each in found]
    hashes = text.body_hashes({_wanted(one) for one in read if isinstance(one, Signature)})
    digests = {wanted: (made.finish(), made) for wanted, made in hashes.items()}
    repeated = next((name for name in _ALONE if len(text.named(name)) > 1), b"")
    verdicts = []
    for field, one in zip(found, read, strict=True):
        if isinstance(one, DkimVerdict):
            verdicts.append(one)
            continue
        digest, made = digests[_wanted(one)]
        if made.is_short or digest != one.body_hash:
            judged = DkimVerdict(DkimResult.FAIL, "body has changed", one)
        else:
            judged = judge(text, one, text.raw(field), keys)
        if judged.is_good and made.is_cut:
            judged = DkimVerdict(DkimResult.POLICY, "text was added after l=", one, judged.bits)
        if judged.is_good and repeated and _names_only_one(one, repeated):
            shown = repeated.decode("ascii")
            judged = DkimVerdict(DkimResult.POLICY, f"more than one {shown}", one, judged.bits)
        verdicts.append(judged)
    return verdicts


def _wanted(one: Signature) -> Wanted:
    return one.body_form, one.limit


def _names_only_one(one: Signature, name: bytes) -> bool:
    """Whether fields of that name stand in the message unsigned.  RFC 6376 §8.15."""
    return name == b"from" or name in one.signed


def _read(value: bytes, now: float) -> Signature | DkimVerdict:
    try:
        one = signature.parse(value)
    except UnknownAlgorithm as problem:
        return DkimVerdict(DkimResult.POLICY, str(problem))
    except GrammarError as problem:
        return DkimVerdict(DkimResult.NEUTRAL, str(problem))
    if one.expires is not None and one.expires < now:
        return DkimVerdict(DkimResult.POLICY, "signature expired", one)
    if one.signed_at is not None and one.signed_at > now + _SKEW:
        return DkimVerdict(DkimResult.POLICY, "signed in the future", one)
    return one


def judge(
    text: SignedText,
    one: Signature,
    raw: bytes,
    keys: Keys,
    hashed: Callable[[], bytes] | None = None,
) -> DkimVerdict:
    """Whether the header is as it was signed; `raw` is the signature's own field.

    `hashed` gives other octets to hash than those of a DKIM-Signature.
    """
    try:
        key = keys.find(one.selector, one.domain)
    except (TemporaryFailure, TimeoutError):
        return DkimVerdict(DkimResult.TEMPERROR, "DNS did not answer", one)
    except Unacceptable as problem:
        return DkimVerdict(DkimResult.POLICY, str(problem), one)
    except (Revoked, GrammarError) as problem:
        return DkimVerdict(DkimResult.PERMERROR, str(problem), one)
    if not key.fits(one.algorithm):
        return DkimVerdict(DkimResult.PERMERROR, "key and signature are of two kinds", one)
    if key.strict and one.identity.rpartition("@")[2].lower() != one.domain:
        return DkimVerdict(DkimResult.POLICY, "i= is not at d=", one, key.bits)
    data = hashed() if hashed else header_octets(text, one, raw)
    if key.verifies(one.value, sha256(data).digest()):
        return DkimVerdict(DkimResult.PASS, "", one, key.bits, key.testing)
    result = DkimResult.NEUTRAL if key.testing else DkimResult.FAIL
    return DkimVerdict(result, "header has changed", one, key.bits, key.testing)


def header_octets(text: SignedText, one: Signature, raw: bytes) -> bytes:
    """What a DKIM-Signature signs of the header, its own field last.  RFC 6376 §3.7."""
    return text.signed(one.signed, one.header_form) + own_field(raw, one.header_form)


def own_field(raw: bytes, form: str) -> bytes:
    """A signature's field as it is hashed: without its value, without its line end."""
    field = signature.emptied(raw)
    if form == RELAXED:
        field = canonical.relaxed_field(field)
    return field.removesuffix(b"\r\n")
