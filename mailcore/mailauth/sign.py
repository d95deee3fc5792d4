"""Make DKIM signatures.  RFC 6376 §5, RFC 8463.

Header and body relaxed, the usual fields signed, and those that nobody may add to are signed
once more than they are there (RFC 6376 §8.15).
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from mailcore.mailauth.canonical import RELAXED, relaxed_field
from mailcore.mailauth.signature import ED25519, MOST_FIELDS, RSA
from mailcore.mailauth.text import SignedText

SEALED = (b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"reply-to",
          b"in-reply-to", b"references", b"mime-version", b"content-type",
          b"content-transfer-encoding")  # fmt: skip
ALSO = (b"sender", b"resent-from", b"resent-to", b"resent-cc", b"resent-date",
        b"resent-message-id", b"list-id", b"list-post", b"list-unsubscribe",
        b"list-unsubscribe-post", b"list-help", b"list-subscribe", b"list-owner", b"list-archive",
        b"auto-submitted")  # fmt: skip
_LINE = 72
_BODY = (RELAXED, None)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, and where its public half is published."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        return RSA if isinstance(self.key, RSAPrivateKey) else ED25519

    def sign(self, data: bytes) -> bytes:
        digest = sha256(data).digest()
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
        return self.key.sign(digest)


def sign(text: SignedText, keys: Sequence[SigningKey], now: float) -> bytes:
    """A DKIM-Signature field for each key, with their line ends.  Raises OSError."""
    names = names_to_sign(text)
    body_hash = text.body_hashes([_BODY])[_BODY].finish()
    signed = text.signed(names, RELAXED)
    return b"".join(_field(each, names, signed, body_hash, int(now)) for each in keys)


def names_to_sign(text: SignedText) -> tuple[bytes, ...]:
    """h=: every instance of what matters, and one more of what nobody may add."""
    there = [each.name for each in text.fields]
    names = [name for name in (*SEALED, *ALSO) for _ in range(there.count(name))]
    return (*names[: MOST_FIELDS - len(SEALED)], *SEALED)


def _field(
    key: SigningKey, names: Sequence[bytes], signed: bytes, body_hash: bytes, now: int
) -> bytes:
    tags = [
        b"v=1",
        b"a=" + key.algorithm.encode("ascii"),
        b"c=relaxed/relaxed",
        b"d=" + key.domain.encode("ascii"),
        b"s=" + key.selector.encode("ascii"),
        b"t=%d" % now,
        b"bh=" + base64.b64encode(body_hash),
    ]
    head = b"DKIM-Signature: " + b"; ".join(tags[:5]) + b";\r\n\t" + b"; ".join(tags[5:])
    head += b";\r\n\th=" + folded(b":".join(names), b":") + b";\r\n\tb="
    value = base64.b64encode(key.sign(signed + relaxed_field(head)[:-2]))
    return head + folded(value) + b"\r\n"


def folded(value: bytes, after: bytes = b"") -> bytes:
    """A long value in lines: broken anywhere, or only behind `after`."""
    if not after:
        return b"\r\n\t ".join(value[at : at + _LINE] for at in range(0, len(value), _LINE))
    lines, line = [], b""
    for word in value.split(after):
        if line and len(line) + len(word) > _LINE:
            lines.append(line)
            line = b""
        line += word + after
    return b"\r\n\t ".join([*lines, line.removesuffix(after)])
