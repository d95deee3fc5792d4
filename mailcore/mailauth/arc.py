"""The chain of forwarders: ARC sets, verified.  RFC 8617 §5.2.

At most fifty sets; a longer chain fails unread.  One reading of the body, one question to DNS
for each seal, one time limit for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailcore.dns.resolver import Resolver
from mailcore.errors import GrammarError
from mailcore.mailauth import canonical, signature, tags
from mailcore.mailauth.signature import Signature
from mailcore.mailauth.text import SignedText
from mailcore.mailauth.verify import DkimResult, Keys, judge, own_field
from mailcore.message.header import Field

MOST = 50  # RFC 8617 §5.2 (1)
RESULTS, MESSAGE, SEAL = b"arc-authentication-results", b"arc-message-signature", b"arc-seal"


class ArcResult(StrEnum):
    """RFC 8617 §4.4."""

    NONE = "none"
    PASS = "pass"  # noqa: S105  # not a password
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class ArcVerdict:
    """`sealers` are the d= of the seals, the first forwarder's first.

    `first_results` is what that first one says it saw.
    """

    result: ArcResult
    reason: str = ""
    sealers: tuple[str, ...] = ()
    first_results: bytes = b""

    @property
    def is_good(self) -> bool:
        return self.result is ArcResult.PASS


@dataclass(frozen=True, slots=True)
class ArcSet:
    """The three fields of one forwarder."""

    results: Field
    message: Field
    seal: Field

    @property
    def fields(self) -> tuple[Field, Field, Field]:
        """In the order in which they are sealed.  RFC 8617 §5.1.1."""
        return self.results, self.message, self.seal


NO_CHAIN = ArcVerdict(ArcResult.NONE)


def verify(text: SignedText, resolver: Resolver) -> ArcVerdict:
    """The verdict on a message's chain.  Blocks for DNS; raises OSError."""
    try:
        sets = chain(text)
        if not sets:
            return NO_CHAIN
        seals = [_seal(one, number == 1) for number, one in enumerate(sets, 1)]
        newest = _message(sets[-1])
    except GrammarError as broken:
        return ArcVerdict(ArcResult.FAIL, str(broken))
    keys = Keys.of(resolver)
    problem = _message_problem(text, sets[-1].message, newest, keys)
    for count in range(len(sets), 0, -1):
        if problem:
            break
        problem = _seal_problem(text, sets[:count], seals[count - 1], keys)
    sealers = tuple(each.domain for each in seals)
    if problem:
        return ArcVerdict(ArcResult.FAIL, problem, sealers)
    return ArcVerdict(ArcResult.PASS, "", sealers, sets[0].results.value)


def chain(text: SignedText) -> list[ArcSet]:
    """The sets in their order.  Raises GrammarError when they are no chain."""
    found: dict[bytes, dict[int, Field]] = {RESULTS: {}, MESSAGE: {}, SEAL: {}}
    for field in text.fields:
        if field.name in found:
            number = _instance(field)
            if not 1 <= number <= MOST:
                raise GrammarError(f"more than {MOST} sets")
            if number in found[field.name]:
                raise GrammarError("two fields of one set")
            found[field.name][number] = field
    length = len(found[SEAL])
    if any(sorted(each) != list(range(1, length + 1)) for each in found.values()):
        raise GrammarError("an incomplete chain")
    return [
        ArcSet(found[RESULTS][number], found[MESSAGE][number], found[SEAL][number])
        for number in range(1, length + 1)
    ]


def sealed_octets(text: SignedText, sets: Sequence[ArcSet], own: bytes = b"") -> bytes:
    """What a seal signs: all fields up to it, itself emptied.  RFC 8617 §5.1.1.

    `own` is the last seal as it is being made; else it is the last of `sets`.
    """
    fields = [field for one in sets for field in one.fields]
    if not own:
        own = text.raw(fields.pop())
    before = b"".join(text.canonical(field, canonical.RELAXED) for field in fields)
    return before + own_field(own, canonical.RELAXED)


def _instance(field: Field) -> int:
    """i=, which comes first in ARC-Authentication-Results and anywhere in the others."""
    if field.name == RESULTS:
        name, _, value = field.value.partition(b";")[0].partition(b"=")
        if name.strip() != b"i":
            raise GrammarError("a set without a number")
        return tags.number(value.strip().decode("ascii", "replace"))
    return tags.number(signature.required(signature.read_tags(field.value), "i"))


def _message(one: ArcSet) -> Signature:
    read = signature.of_tags(signature.read_tags(one.message.value))
    if SEAL in read.signed:
        raise GrammarError("a message signature over seals")
    return read


def _seal(one: ArcSet, is_first: bool) -> Signature:
    """A seal as a signature of header fields alone.  RFC 8617 §4.1.3."""
    found = signature.read_tags(one.seal.value)
    if "h" in found or "bh" in found:
        raise GrammarError("a seal with h=")
    if found.get("cv", "").lower() != ("none" if is_first else "pass"):
        raise GrammarError("the chain was broken before")
    domain = signature.domain_name(signature.required(found, "d"))
    value = tags.octets(signature.required(found, "b"))
    return Signature(
        signature.algorithm(found),
        domain,
        signature.domain_name(signature.required(found, "s")),
        f"@{domain}",
        (),
        canonical.RELAXED,
        canonical.RELAXED,
        b"",
        value,
        tags.solid(found["b"])[:8],
    )


def _message_problem(text: SignedText, field: Field, one: Signature, keys: Keys) -> str:
    wanted = (one.body_form, one.limit)
    made = text.body_hashes([wanted])[wanted]
    if made.finish() != one.body_hash or made.is_short or made.is_cut:
        return "body has changed"
    judged = judge(text, one, text.raw(field), keys)
    return "" if judged.result is DkimResult.PASS else judged.reason


def _seal_problem(text: SignedText, sets: Sequence[ArcSet], one: Signature, keys: Keys) -> str:
    def hashed() -> bytes:
        return sealed_octets(text, sets)

    judged = judge(text, one, b"", keys, hashed)
    return "" if judged.result is DkimResult.PASS else f"seal {len(sets)}: {judged.reason}"
