"""Seal mail that we forward: one more set in its ARC chain.  RFC 8617 §5.1.

A chain is only continued if it was verified when the message came; one that is broken, or that
nobody has looked at, is left as it is.
"""

import base64
import time
from collections.abc import Sequence

from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Source
from mailcore.errors import GrammarError
from mailcore.mailauth import arc, keyring
from mailcore.mailauth.arc import ArcSet
from mailcore.mailauth.author import ace
from mailcore.mailauth.canonical import RELAXED, relaxed_field
from mailcore.mailauth.sign import SigningKey, folded, names_to_sign
from mailcore.mailauth.signature import RSA
from mailcore.mailauth.text import SignedText
from mailcore.message import trace
from mailcore.queue.content import Content

STRANGERS = frozenset({Source.SMTP, Source.LMTP})
_BODY = (RELAXED, None)
_SIGNATURES = b"dkim-signature"


def applies(source: Source, settings: Snapshot) -> bool:
    """Whether mail from there is sealed when it goes onward; does no I/O."""
    return settings.mailauth.arc_seal and source in STRANGERS and not keyring.is_empty()


def seal(block: bytes, content: Content, results: Sequence[str], settings: Snapshot) -> bytes:
    """The three fields to put before a message with the header `block`, the topmost first.

    `results` are the clauses of our Authentication-Results.  Empty when there is no key or no
    chain that could be continued.  Raises OSError when the body can't be read.
    """
    key = _key(ace(settings.default_domain.lower()))
    text = SignedText.under(block, content)
    try:
        sets = arc.chain(text)
    except GrammarError:
        return b""
    if key is None or len(sets) >= arc.MOST or (sets and not _was_good(results)):
        return b""
    number, now = len(sets) + 1, int(time.time())
    me = settings.mailauth.authserv_id or settings.me
    told = trace.authentication_results(me, results or ("none",)).partition(b":")[2]
    of_results = b"ARC-Authentication-Results: i=%d;" % number + told
    of_message = _message_signature(text, key, number, now)
    before = _earlier(text, sets) + relaxed_field(of_results) + relaxed_field(of_message)
    verdict = b"pass" if sets else b"none"
    head = b"ARC-Seal: i=%d; a=rsa-sha256; cv=%b;\r\n\td=%b; s=%b; t=%d;\r\n\tb=" % (
        number, verdict, key.domain.encode("ascii"), key.selector.encode("ascii"), now,
    )  # fmt: skip
    value = base64.b64encode(key.sign(before + relaxed_field(head)[:-2]))
    return head + folded(value) + b"\r\n" + of_message + of_results


def _message_signature(text: SignedText, key: SigningKey, number: int, now: int) -> bytes:
    """As a DKIM-Signature, over the signatures that are there too.  RFC 8617 §4.1.2."""
    there = [each.name for each in text.fields].count(_SIGNATURES)
    names = (*names_to_sign(text), *[_SIGNATURES] * there)
    body_hash = base64.b64encode(text.body_hashes([_BODY])[_BODY].finish())
    head = b"ARC-Message-Signature: i=%d; a=rsa-sha256; c=relaxed/relaxed;\r\n\td=%b; s=%b;" % (
        number, key.domain.encode("ascii"), key.selector.encode("ascii"),
    )  # fmt: skip
    head += b" t=%d;\r\n\tbh=%b;\r\n\th=" % (now, body_hash)
    head += folded(b":".join(names), b":") + b";\r\n\tb="
    value = key.sign(text.signed(names, RELAXED) + relaxed_field(head)[:-2])
    return head + folded(base64.b64encode(value)) + b"\r\n"


def _earlier(text: SignedText, sets: Sequence[ArcSet]) -> bytes:
    return b"".join(text.canonical(field, RELAXED) for one in sets for field in one.fields)


def _was_good(results: Sequence[str]) -> bool:
    return any(each.startswith("arc=pass") for each in results)


def _key(domain: str) -> SigningKey | None:
    """The RSA key of our own domain: others verify nothing else in seals."""
    return next((each for each in keyring.keys_for(domain) if each.algorithm == RSA), None)
