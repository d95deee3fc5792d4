"""Rendering what was indexed by name alone: when it is asked for, or in the background.

A folder with many messages that the index has never seen is answered for at once: names, flags and
dates need no message to be opened.  Rows without ENVELOPE, texts and exact size are
rendered before anybody reads those.  UIDs are given and durable before that, as always.
"""

from mailcore.errors import StoreError
from mailcore.mailbox import files
from mailcore.mailbox.index import folder_rows, message_rows
from mailcore.mailbox.index.database import Index, Row
from mailcore.mailbox.index.message_rows import Ranges
from mailcore.mailbox.render import Rendered, render, with_crlf

_BATCH = 100
_SIZES = "SELECT uid, size FROM messages WHERE folder = ? AND uid BETWEEN ? AND ?"
_EVERYTHING = ((0, 1 << 32),)


def is_pending(index: Index, folder: int) -> bool:
    """Whether some of the folder's messages may not be rendered yet."""
    return index.get(_key(folder)) is not None


def mark(index: Index, folder: int) -> None:
    """Some are not.  Within the write transaction that indexes them."""
    index.put(_key(folder), "1")


def _key(folder: int) -> str:
    return f"unrendered {folder}"


def ensure(index: Index, folder: int, wanted: Ranges = _EVERYTHING) -> None:
    """Render what is not, among these UIDs; afterwards every message that is there has its rows.

    Costs one look when there is nothing to do.  Not within a read transaction.
    """
    if not is_pending(index, folder):
        return
    row = folder_rows.by_id(index, folder)
    if row is None:
        return
    path = index.maildir / row.directory
    complete = True
    for first, last in wanted:
        after = first - 1
        while found := _unrendered(index, folder, after, last):
            after = found[-1][0]
            made = []
            for uid, base, file_flags in found:
                try:
                    data = files.read(path, base, file_flags)
                except StoreError:
                    complete = False  # gone: the next sync will see
                    continue
                made.append((uid, render(with_crlf(data))))
            _save(index, folder, made)
    if complete and wanted is _EVERYTHING:
        with index.writing():
            if not _unrendered(index, folder, -1, 1 << 32):
                index.execute("DELETE FROM account WHERE name = ?", (_key(folder),))


def _unrendered(index: Index, folder: int, after: int, last: int) -> list[Row]:
    return index.rows(
        "SELECT m.uid, m.base, m.file_flags FROM messages AS m WHERE m.folder = ?"
        " AND m.uid > ? AND m.uid <= ?"
        " AND NOT EXISTS (SELECT 1 FROM listings AS l WHERE l.key = (m.folder << 32 | m.uid))"
        " ORDER BY m.uid LIMIT ?",
        folder, after, last, _BATCH,
    )  # fmt: skip


def _save(index: Index, folder: int, made: list[tuple[int, Rendered]]) -> None:
    """Only for messages that are still there: rows without a message would be found by searches."""
    if not made:
        return
    with index.writing():
        there: dict[int, int] = dict(index.rows(_SIZES, folder, made[0][0], made[-1][0]))
        kept = [(uid, rendered) for uid, rendered in made if uid in there]
        message_rows.insert_rendered(index, folder, kept)
        index.executemany(
            "UPDATE messages SET size = ?, thread_id = ? WHERE folder = ? AND uid = ?",
            [(rendered.size, rendered.thread_id, folder, uid) for uid, rendered in kept],
        )
        index.execute(
            "UPDATE folders SET octets = octets + ? WHERE id = ?",
            (sum(rendered.size - there[uid] for uid, rendered in kept), folder),
        )
