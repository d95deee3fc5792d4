"""Which messages match a query: sets of UIDs, cheap conditions first.

Flags, dates and sizes are index columns; subjects and people are columns of decoded text;
bodies are read from the text cache, which a first search fills.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from mailcore.errors import StoreError
from mailcore.mailbox import files, rendering
from mailcore.mailbox import search as q
from mailcore.mailbox.flags import SYSTEM
from mailcore.mailbox.index.database import Index
from mailcore.mailbox.render import CACHED_FIELDS
from mailcore.mailbox.texts import Texts, folded
from mailcore.message import header

MAX_TERMS = 2000
"""Of one query; more is an attack, not a question."""

_EPOCH = date(1970, 1, 1).toordinal()
_COLUMN = {q.Subject: "subject", q.From: "from_", q.To: "to_", q.Cc: "cc", q.Bcc: "bcc"}
_COSTLY = (q.Body, q.Text, q.Header)


def search(index: Index, folder_id: int, folder: Path, query: q.Query) -> set[int]:
    """The UIDs in a folder that match; raises StoreError when the query is beyond reason."""
    return scored(index, folder_id, folder, query)[0]


def scored(
    index: Index, folder_id: int, folder: Path, query: q.Query
) -> tuple[set[int], dict[int, int]]:
    """The UIDs that match, and how well some of them do, from 1 to 99; the others fully."""
    if _terms(query) > MAX_TERMS:
        raise StoreError("The search is too complex.")
    with _Search(index, folder_id, folder) as running:
        return running.find(query, None), running.scores


def _terms(query: q.Query) -> int:
    waiting, count = [query], 0
    while waiting and count <= MAX_TERMS:
        current = waiting.pop()
        count += 1
        if isinstance(current, q.And | q.Or | q.Fuzzy):
            waiting.extend(current.queries)
        elif isinstance(current, q.Not):
            waiting.append(current.query)
    return count


def _cost(query: q.Query) -> int:
    if isinstance(query, _COSTLY):
        return 3
    if isinstance(query, q.And | q.Or | q.Fuzzy):
        return max(map(_cost, query.queries), default=0)
    if isinstance(query, q.Not):
        return _cost(query.query)
    return 2 if type(query) in _COLUMN else 1


class _Search:
    """One search under way: the whole set, and the text cache once it is needed."""

    def __init__(self, index: Index, folder_id: int, folder: Path) -> None:
        self.index = index
        self.folder_id = folder_id
        self.folder = folder
        self.scores: dict[int, int] = {}
        self._everything: set[int] | None = None
        self._texts: Texts | None = None

    def __enter__(self) -> "_Search":
        return self

    def __exit__(self, *_: object) -> None:
        if self._texts is not None:
            self._texts.close()

    @property
    def everything(self) -> set[int]:
        if self._everything is None:
            self._everything = self._where("1")
        return self._everything

    def find(self, query: q.Query, among: set[int] | None) -> set[int]:
        """The matching UIDs; those outside `among` need not be looked at (None: all matter)."""
        if isinstance(query, q.And):
            for part in sorted(query.queries, key=_cost):
                found = self.find(part, among)
                among = found if among is None else among & found
                if not among:
                    break
            return self.everything if among is None else among
        if isinstance(query, q.Or):
            union: set[int] = set()
            for part in query.queries:
                union |= self.find(part, among)
            return union
        if isinstance(query, q.Not):
            lacking = self._lacking(query.query)
            if lacking is not None:
                return lacking
            base = self.everything if among is None else among
            return base - self.find(query.query, among)
        if isinstance(query, q.Fuzzy):
            return self._fuzzy(query, among)
        return self._leaf(query, among)

    def _fuzzy(self, query: q.Fuzzy, among: set[int] | None) -> set[int]:
        """Each message by the share of the parts it matches; the worst share counts."""
        hits: dict[int, int] = {}
        for part in query.queries:
            for uid in self.find(part, among):
                hits[uid] = hits.get(uid, 0) + 1
        total = len(query.queries)
        found = {uid: count for uid, count in hits.items() if count * 2 >= total}
        for uid, count in found.items():
            if count < total:
                score = max(count * 100 // total, 1)
                self.scores[uid] = min(self.scores.get(uid, 100), score)
        return found.keys() & self.everything

    def _leaf(self, query: q.Query, among: set[int] | None) -> set[int]:
        column = _COLUMN.get(type(query))
        if column is not None:
            return self._column(column, folded(query.text))  # type: ignore[union-attr]  # those have text
        if isinstance(query, q.Body | q.Text):
            return self._body(query, among)
        if isinstance(query, q.Header):
            return self._header(query, among)
        if isinstance(query, q.Uids):
            found: set[int] = set()
            for first, last in query.ranges:
                found |= self._where("uid BETWEEN ? AND ?", first, last)
            return found
        return self._simple(query)

    def _where(self, condition: str, *arguments: object) -> set[int]:
        return {
            uid
            for (uid,) in self.index.execute(
                f"SELECT uid FROM messages WHERE folder = ? AND {condition}",  # noqa: S608
                (self.folder_id, *arguments),
            )
        }

    def _simple(self, query: q.Query) -> set[int]:
        match query:
            case q.All():
                return self.everything
            case q.Flag(name):
                return self._flag(name)
            case q.Since(day):
                return self._where("internal_date >= ?", (day - _EPOCH) * 86400)
            case q.Before(day):
                return self._where("internal_date < ?", (day - _EPOCH) * 86400)
            case q.ArrivedBefore(moment):
                return self._where("internal_date < ?", moment)
            case q.Larger(octets):
                rendering.ensure(self.index, self.folder_id)
                return self._where("size > ?", octets)
            case q.Smaller(octets):
                rendering.ensure(self.index, self.folder_id)
                return self._where("size < ?", octets)
            case q.ModSeq(modseq):
                return self._where("modseq >= ?", modseq)
        return self._kept(query)

    def _kept(self, query: q.Query) -> set[int]:
        """What the mailbox knows of a message that is not in the message."""
        match query:
            case q.SavedSince(day):
                return self._where("save_date >= ?", (day - _EPOCH) * 86400)
            case q.SavedBefore(day):
                return self._where("save_date < ?", (day - _EPOCH) * 86400)
            case q.EmailId(identifier):
                return self._where("email_id = ?", identifier)
            case q.ThreadId(identifier):
                rendering.ensure(self.index, self.folder_id)
                return self._where("thread_id = ?", identifier)
        return self._listed(query)

    def _listed(self, query: q.Query) -> set[int]:
        match query:
            case q.SentSince(day):
                return self._listings("sent_day >= ?", day)
            case q.SentBefore(day):
                return self._listings("sent_day < ?", day)
            case q.HasAttachment():
                return self._listings("has_attachment = ?", 1)
        raise StoreError("Unknown search key.")

    def _lacking(self, query: q.Query) -> set[int] | None:
        """The messages without a system flag (UNSEEN, UNDELETED): one look, not two."""
        bit = SYSTEM.get(query.name) if isinstance(query, q.Flag) else None
        return None if bit is None else self._where("flags & ? = 0", bit)

    def _flag(self, name: str) -> set[int]:
        bit = SYSTEM.get(name)
        if bit is not None:
            return self._where("flags & ? != 0", bit)
        wanted = name.casefold()
        return {
            uid
            for uid, words in self.index.execute(
                "SELECT uid, keywords FROM messages WHERE folder = ? AND keywords != ''",
                (self.folder_id,),
            )
            if wanted in words.casefold().split()
        }

    def _span(self) -> tuple[int, int]:
        return self.folder_id << 32, (self.folder_id + 1) << 32

    def _listings(self, condition: str, argument: int) -> set[int]:
        rendering.ensure(self.index, self.folder_id)
        low, high = self._span()
        return {
            key & 0xFFFFFFFF
            for (key,) in self.index.execute(
                f"SELECT key FROM listings WHERE key >= ? AND key < ? AND {condition}",  # noqa: S608
                (low, high, argument),
            )
        }

    def _column(self, column: str, needle: str) -> set[int]:
        rendering.ensure(self.index, self.folder_id)
        low, high = self._span()
        return {
            key & 0xFFFFFFFF
            for key, text in self.index.execute(
                f"SELECT key, {column} FROM listings WHERE key >= ? AND key < ?",  # noqa: S608
                (low, high),
            )
            if needle in folded(text)
        }

    def _header(self, query: q.Header, among: set[int] | None) -> set[int]:
        name = query.name.lower().encode()
        needle = folded(query.text)
        low, high = self._span()
        if name not in CACHED_FIELDS:
            return self._files(among, lambda data: _has_field(data, name, needle))
        rendering.ensure(self.index, self.folder_id)
        found = set()
        for key, block in self.index.execute(
            "SELECT key, fields FROM headers WHERE key >= ? AND key < ?", (low, high)
        ):
            if _has_field(block, name, needle):
                found.add(key & 0xFFFFFFFF)
        return found

    def _files(self, among: set[int] | None, matches: Callable[[bytes], bool]) -> set[int]:
        found = set()
        for uid, base, file_flags in self.index.rows(
            "SELECT uid, base, file_flags FROM messages WHERE folder = ?", self.folder_id
        ):
            if among is not None and uid not in among:
                continue
            try:
                data = files.read(self.folder, base, file_flags)
            except StoreError:
                continue
            if matches(header.split(data)[0]):
                found.add(uid)
        return found

    def _body(self, query: q.Body | q.Text, among: set[int] | None) -> set[int]:
        if self._texts is None:
            self._texts = Texts(self.index, self.folder_id, self.folder)
        needle = folded(query.text).encode("utf-8", "replace")
        wanted = self.everything if among is None else among
        return self._texts.containing(needle, wanted, with_header=isinstance(query, q.Text))


def _has_field(block: bytes, name: bytes, needle: str) -> bool:
    if name not in block.lower():
        return False
    return any(
        needle in folded(header.decode(field.value))
        for field in header.fields(block)
        if field.name == name
    )
