"""The search language: what somebody typed → a query of the mailbox.

`from:` `to:` `cc:` `subject:` `body:` `before:` `after:` `on:` `larger:` `smaller:`
`has:attachment` `is:unread|read|starred|answered`, quotes, `-not`, `OR`; anything else is
looked for in header and text.  What makes no sense is looked for as text: never an error.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta

from mailcore.conf import values
from mailcore.mailbox import search
from mailcore.mailbox.search import Query

LONGEST = 500
MOST_WORDS = 30
_WORD = re.compile(r'(-?)(?:([a-z]{2,10}):)?(?:"([^"]*)"|(\S+))', re.IGNORECASE)
_FLAGS: dict[str, Query] = {
    "read": search.Flag("\\Seen"),
    "unread": search.Not(search.Flag("\\Seen")),
    "starred": search.Flag("\\Flagged"),
    "answered": search.Flag("\\Answered"),
    "draft": search.Flag("\\Draft"),
}


def parse(text: str) -> Query | None:
    """The query for `text`; None when nothing was asked."""
    groups: list[list[Query]] = [[]]
    for found in list(_WORD.finditer(text[:LONGEST]))[:MOST_WORDS]:
        minus, key, quoted, bare = found.groups()
        if not key and bare == "OR" and not minus:
            groups.append([])
            continue
        query = _word((key or "").lower(), quoted if quoted is not None else bare)
        if query is not None:
            groups[-1].append(search.Not(query) if minus else query)
    made = [search.all_of(*group) for group in groups if group]
    return search.any_of(*made) if made else None


def _word(key: str, value: str) -> Query | None:
    if not value:
        return None
    if not key:
        return search.Text(value)
    known = _KEYS.get(key)
    query = known(value) if known else None
    return query if query is not None else search.Text(f"{key}:{value}")


def _day(value: str) -> date | None:
    found = re.fullmatch(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", value.replace("/", "-"))
    if found:
        try:
            return date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
        except ValueError:
            return None
    words = {"today": 0, "yesterday": 1, "week": 7, "month": 30, "year": 365}
    return date.today() - timedelta(days=words[value]) if value in words else None  # noqa: DTZ011


def _before(value: str) -> Query | None:
    day = _day(value)
    return search.Before(day.toordinal()) if day else None


def _after(value: str) -> Query | None:
    day = _day(value)
    return search.Since(day.toordinal()) if day else None


def _on(value: str) -> Query | None:
    day = _day(value)
    if day is None:
        return None
    number = day.toordinal()
    return search.And((search.Since(number), search.Before(number + 1)))


def _size(kind: Callable[[int], Query]) -> Callable[[str], Query | None]:
    def made(value: str) -> Query | None:
        try:
            return kind(values.size(value))
        except ValueError:
            return None

    return made


def _recipient(value: str) -> Query:
    return search.Or((search.To(value), search.Cc(value)))


_KEYS: dict[str, Callable[[str], Query | None]] = {
    "from": search.From,
    "to": _recipient,
    "cc": search.Cc,
    "bcc": search.Bcc,
    "subject": search.Subject,
    "body": search.Body,
    "before": _before,
    "older": _before,
    "after": _after,
    "since": _after,
    "newer": _after,
    "on": _on,
    "larger": _size(search.Larger),
    "smaller": _size(search.Smaller),
    "has": lambda value: search.HasAttachment() if value.startswith("attach") else None,
    "is": lambda value: _FLAGS.get(value.lower()),
}
