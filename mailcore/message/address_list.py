"""Address fields: To:, From:, Cc: with names, comments and groups.  RFC 5322 §3.4.

One pass over a bounded token list; what is not an address is kept as a name without one,
so nobody is ever addressed by a half-understood value.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from mailcore.envelope import quote_local
from mailcore.message import encoded_words
from mailcore.message.charset import to_text
from mailcore.message.limits import DEFAULT, Limits

# An unterminated quote, comment or literal runs to the end: retrying would be quadratic.
_TOKEN = re.compile(
    r'[ \t\r\n]*+(?:(?P<atom>[^()<>\[\]:;@\\,"\s]++)'
    r'|"(?P<quoted>(?:[^"\\]|\\.)*+)(?:"|\\?\Z)'
    r"|\[(?P<literal>(?:[^\]\\]|\\.)*+)(?:\]|\\?\Z)"
    r"|(?P<special>[<>:;@,()\\\]])|(?P<space>\s))",
    re.DOTALL,
)
_COMMENT_MARK = re.compile(r"[()\\]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_LONGEST = 1_048_576  # characters of one value; 5,000 addresses are a fraction of this
_SIMPLE = re.compile(  # possessive throughout: the common single mailbox, linear
    r"(?:\"(?P<quoted>[^\"\\\r\n]*+)\" ?|(?P<phrase>[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*+))"
    r"<(?P<local>[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]++)@(?P<domain>[A-Za-z0-9.-]++)>"
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address.  `name` is decoded for people, `raw_name` as written (for ENVELOPE).

    `local` is unquoted; `domain` is as written.  Both are empty for a value that is no
    address: then `name` shows what stood there.
    """

    name: str
    local: str
    domain: str
    raw_name: str = ""

    @property
    def address(self) -> str:
        """`local@domain`, quoted where needed; empty when this is no address."""
        if not self.local and not self.domain:
            return ""
        return f"{quote_local(self.local)}@{self.domain}" if self.domain else self.local


@dataclass(frozen=True, slots=True)
class Group:
    """`name: member, member;`"""

    name: str
    members: tuple[Mailbox, ...]
    raw_name: str = ""


class Token(NamedTuple):
    """`kind` is atom, quoted, literal, comment or the special character itself."""

    kind: str
    text: str


def parse(value: bytes | str, limits: Limits = DEFAULT) -> list[Mailbox | Group]:
    """The mailboxes and groups of an address field; never raises."""
    text = to_text(value) if isinstance(value, bytes) else value
    simple = _SIMPLE.fullmatch(text)
    if simple is not None:
        raw = simple["quoted"] if simple["quoted"] is not None else simple["phrase"].strip()
        name = encoded_words.decode(raw) if raw else ""
        return [Mailbox(name, simple["local"], simple["domain"], raw)]
    return _Parser(limits).run(text[:_LONGEST])


def mailboxes(value: bytes | str, limits: Limits = DEFAULT) -> list[Mailbox]:
    """Every mailbox of an address field, those inside groups included."""
    found: list[Mailbox] = []
    for entry in parse(value, limits):
        if isinstance(entry, Group):
            found.extend(entry.members)
        else:
            found.append(entry)
    return found


def tokens(text: str) -> list[Token]:
    """The tokens of a structured field body, comments included, in one linear pass."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:  # pragma: no cover - every character is in some alternative
            break
        at = match.end()
        kind = match.lastgroup or "space"
        if kind == "space":
            continue
        content = match[kind]
        if kind == "special" and content == "(":
            content, at = _comment(text, at)
            found.append(Token("comment", content))
        elif kind == "special":
            found.append(Token(content, content))
        elif kind == "atom":
            found.append(Token(kind, content))
        else:
            found.append(Token(kind, _ESCAPED.sub(r"\1", content)))
    return found


def _comment(text: str, at: int) -> tuple[str, int]:
    """The comment whose opening parenthesis stands before `at`, and where it ends."""
    depth, start = 1, at
    while True:
        mark = _COMMENT_MARK.search(text, at)
        if mark is None:
            return text[start:], len(text)
        at = mark.end()
        if mark[0] == "\\":
            at += 1
        elif mark[0] == "(":
            depth += 1
        else:
            depth -= 1
            if not depth:
                return _ESCAPED.sub(r"\1", text[start : at - 1]), at


class _Parser:
    """Collects one entry at a time; lives for one field."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.found: list[Mailbox | Group] = []
        self.members: list[Mailbox] | None = None  # of the open group
        self.group_name = ""
        self.count = 0
        self.words: list[Token] = []  # outside the angle brackets
        self.angle: list[Token] | None = None
        self.angle_open = False
        self.comment = ""

    def run(self, text: str) -> list[Mailbox | Group]:
        for token in tokens(text):
            if self.count >= self.limits.addresses:
                break
            self._take(token)
        self._end_entry()
        self._end_group()
        return self.found

    def _take(self, token: Token) -> None:
        kind = token.kind
        if kind == "comment":
            self.comment = self.comment or token.text
        elif self.angle_open:
            self._take_inside_angle(token)
        elif kind == "<":
            if self.angle is None:
                self.angle, self.angle_open = [], True
            else:
                self.words.append(token)
        elif kind == ",":
            self._end_entry()
        elif kind == ":" and self.members is None and self.angle is None:
            self.group_name = _phrase(self.words)
            self.words, self.comment, self.members = [], "", []
        elif kind == ";" and self.members is not None:
            self._end_entry()
            self._end_group()
        else:
            self.words.append(token)

    def _take_inside_angle(self, token: Token) -> None:
        assert self.angle is not None
        if token.kind == ">":
            self.angle_open = False
        elif token.kind == ":" and self.angle and self.angle[0].kind == "@":
            self.angle.clear()  # an obsolete source route: dropped
        else:
            self.angle.append(token)

    def _end_entry(self) -> None:
        words, angle, comment = self.words, self.angle, self.comment
        self.words, self.angle, self.angle_open, self.comment = [], None, False, ""
        if not words and angle is None:
            return
        self.count += 1
        mailbox = _mailbox(words, angle, comment)
        if self.members is not None:
            self.members.append(mailbox)
        else:
            self.found.append(mailbox)

    def _end_group(self) -> None:
        if self.members is None:
            return
        self.count += 1
        name = encoded_words.decode(self.group_name)
        self.found.append(Group(name, tuple(self.members), self.group_name))
        self.members, self.group_name = None, ""


def _mailbox(words: list[Token], angle: list[Token] | None, comment: str) -> Mailbox:
    if angle is None:
        local, domain = _addr_spec(words)
        raw = comment if local or domain else _phrase(words)
    else:
        local, domain = _addr_spec(angle)
        raw = _phrase(words) or comment
        if not local and not domain:
            raw = f"{raw} <{_phrase(angle)}>".strip()
    return Mailbox(encoded_words.decode(raw), local, domain, encoded_words.safe(raw))


def _addr_spec(found: list[Token]) -> tuple[str, str]:
    """`local@domain` as two halves; a lone word is a local part; else two empty strings."""
    at = [index for index, token in enumerate(found) if token.kind == "@"]
    if len(at) > 1:
        return "", ""
    if not at:
        local = _joined(found, "quoted") if len(found) == 1 else None
        return ("", "") if local is None or encoded_words.safe(local) != local else (local, "")
    local = _joined(found[: at[0]], "quoted")
    domain = _joined(found[at[0] + 1 :], "literal")
    if not local or not domain or encoded_words.safe(local + domain) != local + domain:
        return "", ""
    return local, domain


def _joined(found: list[Token], other_kind: str) -> str | None:
    """Words joined into one; None unless each meets the next at a dot (obs-local-part)."""
    text = ""
    for index, token in enumerate(found):
        if token.kind != "atom" and token.kind != other_kind:
            return None
        if index and not text.endswith(".") and not token.text.startswith("."):
            return None
        text += f"[{token.text}]" if token.kind == "literal" else token.text
    return text


def _phrase(words: list[Token]) -> str:
    """Words as a phrase; punctuation out of place stays visible."""
    return " ".join(token.text for token in words if token.text)


def format(entries: Iterable[Mailbox | Group]) -> bytes:
    """Mailboxes and groups as the value of an address field, ASCII wherever it can be."""
    return b", ".join(_format_entry(entry) for entry in entries)


def _format_entry(entry: Mailbox | Group) -> bytes:
    if isinstance(entry, Group):
        members = b", ".join(_format_entry(member) for member in entry.members)
        return _format_phrase(entry.name) + b": " + members + b";"
    address = entry.address.encode("utf-8", "replace")
    if not entry.name:
        return address
    return _format_phrase(entry.name) + b" <" + address + b">"


def _format_phrase(name: str) -> bytes:
    name = encoded_words.safe(name)
    if _PLAIN_PHRASE.fullmatch(name) and name == " ".join(name.split()) and "=?" not in name:
        return name.encode("ascii")
    if name.isascii() and "=?" not in name:
        return b'"' + re.sub(r'(["\\])', r"\\\1", name).encode("ascii") + b'"'
    return encoded_words.encode_phrase(name)
