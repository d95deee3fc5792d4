"""Sign what leaves in our name: mail of users, programs and this server.  docs/mailauth.md."""

import time
from io import BytesIO

from mailcore.conf.schema.registry import Snapshot
from mailcore.envelope import Source
from mailcore.errors import GrammarError
from mailcore.mailauth import keyring, signature
from mailcore.mailauth.author import author_domain
from mailcore.mailauth.sign import sign
from mailcore.mailauth.text import SignedText
from mailcore.message import header
from mailcore.queue.content import Content

OURS = frozenset({Source.AUTHSMTP, Source.LOCAL, Source.WEB, Source.DSN})


def applies(source: Source, settings: Snapshot) -> bool:
    """Whether mail from there is signed at all; does no I/O."""
    return not keyring.is_empty() and source in OURS and settings.mailauth.dkim_sign


def signatures(block: bytes, content: Content) -> bytes:
    """The fields to put before a message with the header `block` and the body of `content`.

    Empty when the author's domain has no key.  Raises OSError when the body can't be read.
    """
    return _signed(SignedText.under(block, content))


def renewed(message: bytes, source: str) -> bytes:
    """A message that had to be recoded, its signatures of ours made anew.

    Only what entered as ours is signed: a stranger could have put our name on his.
    """
    if keyring.is_empty() or source not in OURS:
        return message
    block, start = header.split(message)
    kept: list[bytes] = []
    done = 0
    for field in header.fields(block):
        if field.name == b"dkim-signature" and _is_ours(field.value):
            kept.append(block[done : field.start])
            done = field.end
    if not kept:
        return message
    block = b"".join([*kept, block[done:]])
    rest = message[start:]
    text = SignedText(block, header.fields(block), lambda: BytesIO(rest))
    return _signed(text) + block + b"\r\n" + rest


def _signed(text: SignedText) -> bytes:
    keys = keyring.keys_for(author_domain(text))
    return sign(text, keys, time.time()) if keys else b""


def _is_ours(value: bytes) -> bool:
    try:
        one = signature.parse(value)
    except GrammarError:
        return False
    return keyring.is_ours(one.domain, one.selector)
