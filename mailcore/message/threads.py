"""Conversations: REFERENCES, ORDEREDSUBJECT and REFS.  RFC 5256 §3, §4.

No recursion: a conversation may be as long as a mailbox.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

_DEEPEST = 1000
"""Generations looked at for a loop; a longer line of descent is cut there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message: its key, Message-ID, those it answers (oldest first), base subject, moment."""

    key: int
    message_id: str
    parents: Sequence[str]
    subject: str
    is_answer: bool
    date: int


@dataclass(slots=True, eq=False)
class Node:
    """A message, or (without `entry`) the place of one that is not here."""

    entry: Entry | None = None
    parent: "Node | None" = None
    children: list["Node"] = field(default_factory=list)

    @property
    def date(self) -> tuple[int, int]:
        """When it was sent; a place without a message is as old as its first child."""
        node = self
        while node.entry is None and node.children:
            node = node.children[0]
        return (node.entry.date, node.entry.key) if node.entry else (0, 0)

    @property
    def leader(self) -> Entry | None:
        """The message whose subject speaks for it."""
        node = self
        while node.entry is None and node.children:
            node = node.children[0]
        return node.entry


def ordered_subject(entries: Iterable[Entry]) -> list[Node]:
    """One flat conversation for each base subject, by date."""
    groups: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.date, entry.key)):
        groups.setdefault(entry.subject, []).append(entry)
    return [
        Node(first, None, [Node(entry) for entry in rest])
        for first, *rest in sorted(groups.values(), key=lambda group: (group[0].date, group[0].key))
    ]


def references(entries: Sequence[Entry]) -> list[Node]:
    """Conversations by what answers what, those with one base subject brought together."""
    roots = _without_places(_linked(entries))
    roots.sort(key=_date)
    roots = _gathered(roots)
    roots.sort(key=_date)
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        node.children.sort(key=_date)
        waiting.extend(node.children)
    return roots


def refs(entries: Sequence[Entry]) -> list[Node]:
    """By what answers what alone, whatever the subjects say; liveliest conversation last.

    draft-ietf-morg-inthread: REFERENCES without its step 5, ordered by each one's latest message.
    """
    roots = _without_places(_linked(entries))
    order: list[Node] = []
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        node.children.sort(key=_date)
        order.append(node)
        waiting.extend(node.children)
    latest: dict[int, tuple[int, int]] = {}
    for node in reversed(order):
        latest[id(node)] = max((latest[id(child)] for child in node.children), default=node.date)
        latest[id(node)] = max(latest[id(node)], node.date)
    roots.sort(key=lambda node: latest[id(node)])
    return roots


def _date(node: Node) -> tuple[int, int]:
    return node.date


def _linked(entries: Sequence[Entry]) -> list[Node]:
    """Steps 1 and 2: nodes without a parent, after each message was hung below its parents."""
    known: dict[str, Node] = {}
    others: list[Node] = []
    for entry in entries:
        node = known.get(entry.message_id) if entry.message_id else None
        if not entry.message_id or (node is not None and node.entry is not None):
            node = Node(entry)  # no Message-ID, or one that another message has
            others.append(node)
        elif node is None:
            node = known[entry.message_id] = Node(entry)
        else:
            node.entry = entry
        above: Node | None = None
        for identifier in entry.parents:
            parent = known.get(identifier)
            if parent is None:
                parent = known[identifier] = Node()
            if above is not None and parent.parent is None:
                _hang(parent, above)
            above = parent
        if above is not None and above is not node:
            if node.parent is not None:
                node.parent.children.remove(node)
                node.parent = None
            _hang(node, above)
    return [node for node in (*known.values(), *others) if node.parent is None]


def _hang(child: Node, parent: Node) -> None:
    """Make `child` a child of `parent`, unless that would close a loop."""
    above: Node | None = parent
    for _ in range(_DEEPEST):
        if above is None:
            child.parent = parent
            parent.children.append(child)
            return
        if above is child:
            return
        above = above.parent


def _without_places(roots: list[Node]) -> list[Node]:
    """Step 3: drop places without a message, moving what hung below them up."""
    order: list[Node] = []
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting.extend(node.children)
    for node in reversed(order):
        kept: list[Node] = []
        for child in node.children:
            if child.entry is None:
                kept.extend(child.children)
            else:
                kept.append(child)
        node.children = kept
    found: list[Node] = []
    for node in roots:
        if node.entry is None and len(node.children) < 2:
            found.extend(node.children)
        else:
            found.append(node)
    return found


def _gathered(roots: list[Node]) -> list[Node]:
    """Step 5: bring conversations with the same base subject together."""
    table: dict[str, Node] = {}
    for node in roots:
        leader = node.leader
        if leader is None or not leader.subject:
            continue
        known = table.get(leader.subject)
        if known is None or _speaks_better(node, known):
            table[leader.subject] = node
    found: dict[int, Node] = {}
    for node in roots:
        leader = node.leader
        known = table.get(leader.subject) if leader and leader.subject else None
        if known is None or known is node:
            found[id(node)] = node
            continue
        _merge(node, known, table, found)
    return list(found.values())


def _speaks_better(node: Node, known: Node) -> bool:
    if node.entry is None:
        return known.entry is not None
    return known.entry is not None and known.entry.is_answer and not node.entry.is_answer


def _merge(node: Node, known: Node, table: dict[str, Node], found: dict[int, Node]) -> None:
    if known.entry is None:
        if node.entry is None:
            known.children.extend(node.children)
        else:
            known.children.append(node)
        return
    if node.entry is not None and node.entry.is_answer and not known.entry.is_answer:
        known.children.append(node)
        return
    both = Node(None, None, [known, node])
    table[known.entry.subject] = both
    found.pop(id(known), None)
    found[id(both)] = both


def written(roots: Sequence[Node], numbers: dict[int, int]) -> str:
    """`(1 2 (3)(4 5))(6)`: the keys through `numbers`."""
    return "".join(_pieces(roots, numbers))


def _pieces(roots: Sequence[Node], numbers: dict[int, int]) -> Iterator[str]:
    waiting: list[Node | str] = []
    for root in reversed(roots):
        waiting += [")", root, "("]
    fresh = True
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, str):
            yield piece
            fresh = piece == "("
            continue
        if piece.entry is not None:
            yield str(numbers[piece.entry.key]) if fresh else f" {numbers[piece.entry.key]}"
            fresh = False
        if len(piece.children) == 1:
            waiting.append(piece.children[0])
        else:
            if piece.children and not fresh:
                yield " "
            for child in reversed(piece.children):
                waiting += [")", child, "("]
