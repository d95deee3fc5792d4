"""Search criteria as sent → queries of the mailbox; shared by SEARCH, SORT and THREAD."""

import time
from collections.abc import Callable

from mailcore.imapd.refusal import No
from mailcore.mailbox import search as q
from mailcore.mailbox.changes import View
from mailcore.mailbox.uid_ranges import ranges
from mailcore.protocol.imap import search_keys
from mailcore.protocol.imap.lexer import Arguments
from mailcore.protocol.imap.search_keys import Criterion, Either, Every, Fuzzy, Key, Not
from mailcore.protocol.imap.sequence_set import SequenceSet

_MOST_WORDS = 20
_CHARSETS = {b"UTF-8": "utf-8", b"US-ASCII": "utf-8"}
_TEXTS: dict[bytes, type[q.Subject | q.From | q.To | q.Cc | q.Bcc | q.Body | q.Text]] = {
    b"SUBJECT": q.Subject, b"FROM": q.From, b"TO": q.To, b"CC": q.Cc, b"BCC": q.Bcc,
    b"BODY": q.Body, b"TEXT": q.Text,
}  # fmt: skip


def charset_named(arguments: Arguments) -> str:
    """The charset that comes next; refused when we do not know it."""
    charset = _CHARSETS.get(arguments.astring().upper())
    if charset is None:
        raise No("BADCHARSET (UTF-8 US-ASCII)", "Unknown charset.")
    return charset


def query_of(arguments: Arguments, charset: str, view: View) -> q.Query:
    """The keys up to the end of the command."""
    criterion = search_keys.Parser(arguments, charset).keys()
    arguments.end()
    return query(criterion, view)


def numbers_of(view: View) -> dict[int, int]:
    """UID → sequence number."""
    return {uid: number for number, uid in enumerate(view.uids, 1)}


def mentions(criterion: Criterion, *names: bytes) -> bool:
    """Whether a key of one of these names occurs, MODSEQ for instance (RFC 7162 §3.1.5)."""
    waiting = [criterion]
    while waiting:
        match waiting.pop():
            case Key(name, _):
                if name in names:
                    return True
            case Every(keys):
                waiting.extend(keys)
            case Either(first, second):
                waiting += [first, second]
            case Not(key) | Fuzzy(key):
                waiting.append(key)
    return False


def query(criterion: Criterion, view: View) -> q.Query:
    """What the criteria mean in the mailbox as this session sees it."""
    match criterion:
        case Every(keys):
            return q.And(tuple(query(key, view) for key in keys))
        case Either(first, second):
            return q.Or((query(first, view), query(second, view)))
        case Not(key):
            return q.Not(query(key, view))
        case Fuzzy(key):
            return _fuzzy(key, view)
    return _leaf(criterion, view)


def _fuzzy(criterion: Criterion, view: View) -> q.Query:
    """Texts word by word; what is no text cannot be fuzzy (RFC 6203 §3)."""
    match criterion:
        case Key(b"HEADER", (field, text)):
            return _by_words(text, lambda word: q.Header(field, word))
        case Key(name, str(text)) if name in _TEXTS:
            return _by_words(text, _TEXTS[name])
        case Every(keys):
            return q.And(tuple(_fuzzy(key, view) for key in keys))
        case Either(first, second):
            return q.Or((_fuzzy(first, view), _fuzzy(second, view)))
        case Fuzzy(key):
            return _fuzzy(key, view)
    return query(criterion, view)


def _by_words(text: str, made: Callable[[str], q.Query]) -> q.Query:
    words = dict.fromkeys(text.split()[:_MOST_WORDS])
    return q.Fuzzy(tuple(made(word) for word in words)) if len(words) > 1 else made(text)


def _leaf(key: Key, view: View) -> q.Query:
    match key:
        case Key(b"FLAG", str(name)):
            return q.Flag(name)
        case Key(b"HEADER", (field, text)):
            return q.Header(field, text)
        case Key(b"SAVED", _):
            return q.Uids(tuple(ranges(view.saved)))
        case Key(b"EMAILID", str(identifier)):
            return q.EmailId(identifier)
        case Key(b"THREADID", str(identifier)):
            return q.ThreadId(identifier)
        case Key(name, str(text)):
            return _TEXTS[name](text)
        case Key(b"SEQUENCE", SequenceSet() as numbers):
            spans = numbers.numbers(view.count)
            return q.Uids(tuple((view.uids[low - 1], view.uids[high - 1]) for low, high in spans))
        case Key(b"UID", SequenceSet() as numbers):
            return q.Uids(tuple(numbers.ranges(view.uids[-1] if view.uids else 0)))
        case Key(name, int(number)):
            return _number(name, number)
    return _plain(key.name, view)


def _number(name: bytes, number: int) -> q.Query:
    now = int(time.time())
    made: dict[bytes, q.Query] = {
        b"BEFORE": q.Before(number),
        b"SINCE": q.Since(number),
        b"ON": q.And((q.Since(number), q.Before(number + 1))),
        b"SENTBEFORE": q.SentBefore(number),
        b"SENTSINCE": q.SentSince(number),
        b"SENTON": q.And((q.SentSince(number), q.SentBefore(number + 1))),
        b"SAVEDBEFORE": q.SavedBefore(number),
        b"SAVEDSINCE": q.SavedSince(number),
        b"SAVEDON": q.And((q.SavedSince(number), q.SavedBefore(number + 1))),
        b"LARGER": q.Larger(number),
        b"SMALLER": q.Smaller(number),
        b"MODSEQ": q.ModSeq(number),
        b"OLDER": q.ArrivedBefore(now - number),
        b"YOUNGER": q.Not(q.ArrivedBefore(now - number)),
    }
    return made[name]


def _plain(name: bytes, view: View) -> q.Query:
    recent = q.Uids(((view.recent_from, 0xFFFFFFFF),))
    match name:
        case b"RECENT":
            return recent
        case b"OLD":
            return q.Not(recent)
        case b"NEW":
            return q.And((recent, q.Not(q.Flag("\\Seen"))))
    return q.All()
