"""One page of a filtered table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from django.http import HttpRequest

ROWS = 50


class Sliceable(Protocol):
    """A query set, as far as a table needs one."""

    def __getitem__(self, key: slice, /) -> Any: ...

    def count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one page, and where the neighbours are."""

    rows: Sequence[Any]
    total: int
    first: int
    last: int
    previous: str
    next: str
    search: str


def page_of(request: HttpRequest, query: Sliceable) -> Table:
    """The page that `?page=` names; the other parameters stay in the links."""
    asked = request.GET.get("page", "1")
    number = max(1, min(int(asked), 100_000)) if asked.isascii() and asked.isdigit() else 1
    start = (number - 1) * ROWS
    total = query.count()
    rows = list(query[start : start + ROWS])
    return Table(
        rows=rows,
        total=total,
        first=start + 1 if rows else 0,
        last=start + len(rows),
        previous=_link(request, number - 1) if number > 1 else "",
        next=_link(request, number + 1) if start + ROWS < total else "",
        search=request.GET.get("q", "").strip()[:200],
    )


def _link(request: HttpRequest, number: int) -> str:
    kept = [(key, value) for key, value in request.GET.items() if key != "page"]
    return "?" + urlencode([*kept, ("page", number)])
