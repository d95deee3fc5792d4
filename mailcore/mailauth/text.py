"""A message as signatures see it: fields as they stand, and a body that is read once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Self

from mailcore.mailauth import canonical
from mailcore.mailauth.canonical import BodyHash
from mailcore.message import header
from mailcore.message.header import Field
from mailcore.message.limits import Limits
from mailcore.queue.content import Content

_CHUNK = 256 * 1024
_EVERYTHING = Limits(header_bytes=1 << 20, header_lines=1 << 20)  # no field may hide behind others
Wanted = tuple[str, int | None]
"""A form of the body, and how much of it."""


@dataclass(slots=True)
class SignedText:
    """A header block, and where to read what follows it."""

    block: bytes
    fields: Sequence[Field]
    body: Callable[[], BinaryIO]
    _relaxed: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, content: Content) -> Self:
        """Of a message in the queue's form."""
        block, _ = header.split(content.head)
        return cls.under(block, content)

    @classmethod
    def under(cls, block: bytes, content: Content) -> Self:
        """The header `block` and the body of `content`."""

        def body() -> BinaryIO:
            stream = content.open()
            stream.seek(header.split(content.head)[1])
            return stream

        return cls(block, header.fields(block, _EVERYTHING), body)

    def raw(self, one: Field) -> bytes:
        return self.block[one.start : one.end]

    def named(self, name: bytes) -> list[Field]:
        return [each for each in self.fields if each.name == name]

    def canonical(self, one: Field, form: str) -> bytes:
        """A field in one of the two forms; each is worked out once."""
        if form == canonical.SIMPLE:
            return self.raw(one)
        known = self._relaxed.get(one.start)
        if known is None:
            known = self._relaxed[one.start] = canonical.relaxed_field(self.raw(one))
        return known

    def signed(self, names: Sequence[bytes], form: str) -> bytes:
        """The fields that h= names, from the bottom up.  RFC 6376 §5.4.2."""
        left: dict[bytes, list[Field]] = {}
        wanted = set(names)
        for each in self.fields:
            if each.name in wanted:
                left.setdefault(each.name, []).append(each)
        return b"".join(self.canonical(left[name].pop(), form) for name in names if left.get(name))

    def body_hashes(self, wanted: Iterable[Wanted]) -> dict[Wanted, BodyHash]:
        """One reading of the body for all of them; not finished yet.  Raises OSError."""
        hashes = {each: BodyHash(*each) for each in wanted}
        if hashes:
            with self.body() as stream:
                while chunk := stream.read(_CHUNK):
                    for one in hashes.values():
                        one.feed(chunk)
        return hashes
