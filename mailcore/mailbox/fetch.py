"""FETCH: index columns and message files → response lines.

Attributes that the index answers are made column by column for a whole chunk, so that 10,000 lines
cost little more than the query.  Sections are cut from the message with CRLF line ends.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mailcore.errors import StoreError
from mailcore.mailbox import files, flags, rendering, sections, structure
from mailcore.mailbox.folder import Folder
from mailcore.mailbox.render import CACHED_FIELDS, with_crlf
from mailcore.message import mime
from mailcore.protocol.imap import responses
from mailcore.protocol.imap.fetch_items import Binary, Item, Section, Simple

Column = Sequence[Any]
Reader = Callable[[Path, str, int], bytes]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to answer one FETCH, worked out once for all its messages."""

    items: tuple[Item, ...]
    needs_file: bool
    sets_seen: bool
    uidonly: bool

    @property
    def is_light(self) -> bool:
        """Whether the index alone answers it."""
        return not self.needs_file


def plan(items: Sequence[Item], *, uid: bool, modseq: bool, uidonly: bool = False) -> Plan:
    """`uid` and `modseq` add those attributes, as UID FETCH and CONDSTORE demand.

    `uidonly`: each line is a UIDFETCH and begins with the UID, RFC 9586.
    """
    wanted = list(items)
    if uid and not uidonly and Simple(b"UID") not in wanted:
        wanted.insert(0, Simple(b"UID"))
    if modseq and Simple(b"MODSEQ") not in wanted:
        wanted.append(Simple(b"MODSEQ"))
    sets_seen = any(isinstance(item, Section | Binary) and not item.peek for item in wanted)
    if sets_seen and Simple(b"FLAGS") not in wanted:
        wanted.append(Simple(b"FLAGS"))
    return Plan(tuple(wanted), any(map(_needs_file, wanted)), sets_seen, uidonly)


def _needs_file(item: Item) -> bool:
    if isinstance(item, Section):
        return not _is_cached(item)
    return isinstance(item, Binary) or item.name == b"BODY"


def _is_cached(section: Section) -> bool:
    """HEADER.FIELDS of the whole message, all of which the index keeps."""
    return (
        section.text == b"HEADER.FIELDS"
        and not section.part
        and all(name.lower() in CACHED_FIELDS for name in section.fields)
    )


def lines(
    folder: Folder,
    chosen: Plan,
    numbers: Sequence[int],
    uids: Sequence[int],
    *,
    recent_from: int,
    changed_since: int = 0,
    reader: Reader = files.read,
) -> list[bytes]:
    """Response lines for messages given by sequence numbers and UIDs, both ascending.

    Messages that are gone have none.  `reader` gets the files' contents.
    """
    if not uids:
        return []
    chunk = _Chunk(folder, chosen, recent_from, reader)
    chunk.read(numbers, uids, changed_since)
    return list(chunk.with_files() if chosen.needs_file else chunk.light())


class _Chunk:
    """Some messages of one FETCH: the index columns they need, then their lines."""

    def __init__(self, folder: Folder, chosen: Plan, recent_from: int, reader: Reader) -> None:
        self.reader = reader
        self.folder = folder
        self.chosen = chosen
        self.recent_from = recent_from
        self.numbers: Sequence[int] = ()
        self.columns: dict[str, Column] = {}
        verb = b"UIDFETCH" if chosen.uidonly else b"FETCH"
        labels = b" ".join(_label(item) for item in chosen.items)
        self.format = b"* %d " + verb + b" (" + labels + b")\r\n"

    def read(self, numbers: Sequence[int], uids: Sequence[int], changed_since: int) -> None:
        """Fetch the columns; leave out what is not asked for or gone."""
        if self.chosen.uidonly:
            numbers = uids
        wanted = ["m.uid"]
        joins = []
        for item in self.chosen.items:
            for name in _columns_of(item):
                wanted.append(name)
                if name in _JOINS:
                    joins.append(_JOINS[name])
        if self.chosen.needs_file:
            wanted += ["m.base", "m.file_flags"]
        if joins or not _RENDERED.isdisjoint(wanted):
            self._render(uids)
        names = list(dict.fromkeys(wanted))
        rows = self.folder.index.execute(
            f"SELECT {', '.join(names)} FROM messages AS m {' '.join(dict.fromkeys(joins))}"  # noqa: S608
            " WHERE m.folder = ? AND m.uid BETWEEN ? AND ? AND m.modseq > ? ORDER BY m.uid",
            (self.folder.id, uids[0], uids[-1], changed_since),
        ).fetchall()
        if len(rows) != len(uids):
            number_of = dict(zip(uids, numbers, strict=True))
            rows = [row for row in rows if row[0] in number_of]
            numbers = [number_of[row[0]] for row in rows]
        self.numbers = numbers
        self.columns = dict(zip(names, zip(*rows, strict=True), strict=False)) if rows else {}

    def _render(self, uids: Sequence[int]) -> None:
        """See that these have what is rendered; raises WouldWait where nobody may wait for it."""
        index, folder = self.folder.index, self.folder.id
        if rendering.is_pending(index, folder):
            if self.reader is files.read_at_once:
                raise files.WouldWait
            rendering.ensure(index, folder, ((uids[0], uids[-1]),))

    def light(self) -> Iterator[bytes]:
        if not self.columns:
            return iter(())
        made = [self._column(item) for item in self.chosen.items]
        form = self.format
        return map(form.__mod__, zip(self.numbers, *made, strict=True))

    def with_files(self) -> Iterator[bytes]:
        """One message after the other, each read once."""
        if not self.columns:
            return
        made = [None if _needs_file(item) else self._column(item) for item in self.chosen.items]
        for at, number in enumerate(self.numbers):
            try:
                message = _Message(
                    self.reader(
                        self.folder.path,
                        self.columns["m.base"][at],
                        self.columns["m.file_flags"][at],
                    )
                )
            except StoreError:
                continue
            values = [
                message.value(item) if column is None else column[at]
                for item, column in zip(self.chosen.items, made, strict=True)
            ]
            yield self.format % (number, *values)

    def _column(self, item: Item) -> Column:
        if isinstance(item, Section):
            return _header_fields(self.columns["h.fields"], item)
        assert isinstance(item, Simple)
        match item.name:
            case b"FLAGS":
                return self._flags()
            case b"INTERNALDATE":
                return list(map(_internal_date, self.columns["m.internal_date"]))
            case b"SAVEDATE":
                return list(map(_internal_date, self.columns["m.save_date"]))
            case b"PREVIEW":
                return [responses.string(text.encode()) for text in self.columns["l.preview"]]
            case b"EMAILID":
                return [value.encode() for value in self.columns["m.email_id"]]
            case b"THREADID":
                return [value.encode() for value in self.columns["m.thread_id"]]
        return self.columns[_PLAIN[item.name]]

    def _flags(self) -> Column:
        recent_from, wire = self.recent_from, flags.wire
        return [
            wire(bits, keywords, uid >= recent_from)
            for bits, keywords, uid in zip(
                self.columns["m.flags"],
                self.columns["m.keywords"],
                self.columns["m.uid"],
                strict=True,
            )
        ]


class _Message:
    """One message file, scanned when a section asks for its parts."""

    __slots__ = ("_root", "data")

    def __init__(self, data: bytes) -> None:
        self.data = with_crlf(data)
        self._root: mime.Part | None = None

    @property
    def root(self) -> mime.Part:
        if self._root is None:
            self._root = mime.scan(self.data)
        return self._root

    def value(self, item: Item) -> bytes:
        if isinstance(item, Simple):
            return structure.body(self.data, self.root)
        if isinstance(item, Binary):
            return self._binary(item)
        if not item.part and not item.text:
            return responses.literal(sections.part_of(self.data, item.partial))
        return responses.nstring_literal(sections.extract(self.data, self.root, item))

    def _binary(self, item: Binary) -> bytes:
        octets = sections.decoded(self.data, self.root, item)
        if item.size:
            return b"%d" % len(octets or b"")
        return b"NIL" if octets is None else responses.literal8(octets)


_PLAIN = {
    b"UID": "m.uid",
    b"RFC822.SIZE": "m.size",
    b"MODSEQ": "m.modseq",
    b"ENVELOPE": "e.envelope",
    b"BODYSTRUCTURE": "s.bodystructure",
}
_NEEDS: dict[bytes, tuple[str, ...]] = {
    b"FLAGS": ("m.flags", "m.keywords"),
    b"INTERNALDATE": ("m.internal_date",),
    b"EMAILID": ("m.email_id",),
    b"THREADID": ("m.thread_id",),
    b"SAVEDATE": ("m.save_date",),
    b"PREVIEW": ("l.preview",),
    b"BODY": (),
}
_RENDERED = frozenset({"m.size", "m.thread_id"})
_KEY = "(m.folder << 32 | m.uid)"
_JOINS = {
    "e.envelope": f"JOIN envelopes AS e ON e.key = {_KEY}",
    "s.bodystructure": f"JOIN structures AS s ON s.key = {_KEY}",
    "l.preview": f"JOIN listings AS l ON l.key = {_KEY}",
    "h.fields": f"JOIN headers AS h ON h.key = {_KEY}",
}
_FORMATS = {
    b"UID": b"%d", b"RFC822.SIZE": b"%d", b"MODSEQ": b"(%d)", b"FLAGS": b"(%b)",
    b"EMAILID": b"(%b)", b"THREADID": b"(%b)",
}  # fmt: skip


def _columns_of(item: Item) -> tuple[str, ...]:
    if isinstance(item, Section):
        return ("h.fields",) if _is_cached(item) else ()
    if isinstance(item, Binary):
        return ()
    return _NEEDS[item.name] if item.name in _NEEDS else (_PLAIN[item.name],)


def _label(item: Item) -> bytes:
    if isinstance(item, Section | Binary):
        return item.label.replace(b"%", b"%%") + b" %b"
    return item.name + b" " + _FORMATS.get(item.name, b"%b")


def _header_fields(blocks: Column, section: Section) -> Column:
    pattern = fields_pattern(section.fields)
    partial = section.partial
    find: Callable[[bytes], list[bytes]] = pattern.findall
    found = [b"".join(find(block)) + b"\r\n" for block in blocks]
    if partial is not None:
        found = [sections.part_of(value, partial) for value in found]
    return [b"{%d}\r\n%b" % (len(value), value) for value in found]


@lru_cache(maxsize=256)
def fields_pattern(names: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """Matches each of these header fields whole, in a header with CRLF."""
    alternatives = b"|".join(re.escape(name) for name in dict.fromkeys(names))
    return re.compile(
        rb"^(?:" + alternatives + rb")[ \t]*+:[^\n]*+\n(?:[ \t][^\n]*+\n)*+", re.I | re.M
    )


@lru_cache(maxsize=4096)
def _day(day: int) -> bytes:
    return responses.internal_date(day * 86400)[:12]


def _internal_date(seconds: int) -> bytes:
    rest = seconds % 86400
    return b'%b %02d:%02d:%02d +0000"' % (
        _day(seconds // 86400),
        rest // 3600,
        rest // 60 % 60,
        rest % 60,
    )
