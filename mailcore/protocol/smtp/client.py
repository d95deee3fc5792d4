"""The client's side of SMTP, without I/O: commands to bytes, EHLO replies to extensions.

Everything that goes on the wire is checked here: a path or parameter with a control character
never leaves (RFC 5321 §4.1.1, and the injections of others' clients).
"""

import base64
import re
from dataclasses import dataclass, field

from mailcore.errors import GrammarError
from mailcore.protocol.reply import Reply

_UNFIT = re.compile(r"[\x00-\x20\x7f<>]")
_UNFIT_QUOTED = re.compile(r"[\x00-\x1f\x7f]")
_MOST_KEYWORDS = 100


@dataclass(frozen=True, slots=True)
class Extensions:
    """What the peer offered in its EHLO reply: KEYWORD → its parameters."""

    keywords: dict[str, str] = field(default_factory=dict)

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.keywords

    @property
    def largest(self) -> int:
        """The SIZE limit in octets; 0 when there is none.  RFC 1870."""
        value = self.keywords.get("SIZE", "").split(" ")[0]
        return int(value) if value.isdigit() and len(value) < 18 else 0

    @property
    def mechanisms(self) -> frozenset[str]:
        return frozenset(self.keywords.get("AUTH", "").upper().split())

    @classmethod
    def of(cls, reply: Reply) -> "Extensions":
        """From a successful EHLO reply.  `AUTH=PLAIN` is an old spelling of `AUTH PLAIN`."""
        found: dict[str, str] = {}
        for line in reply.text.split("\n")[1 : _MOST_KEYWORDS + 1]:
            keyword, _, rest = line.strip().replace("AUTH=", "AUTH ", 1).partition(" ")
            if keyword.upper() == "AUTH" and "AUTH" in found:
                found["AUTH"] += " " + rest
            elif keyword:
                found[keyword.upper()] = rest
        return cls(found)


@dataclass(frozen=True, slots=True)
class MailWishes:
    """What MAIL says beside the reverse-path; each only to a peer that offers it."""

    size: int = 0
    eight_bit: bool = False
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""


def mail(reverse_path: str, wishes: MailWishes, offered: Extensions) -> bytes:
    """`MAIL FROM:<…>` with parameters in Courier's order: SMTPUTF8 BODY RET ENVID SIZE."""
    parts = [f"MAIL FROM:<{_path(reverse_path)}>"]
    if wishes.smtputf8 and "SMTPUTF8" in offered:
        parts.append("SMTPUTF8")
    if "8BITMIME" in offered:
        parts.append("BODY=8BITMIME" if wishes.eight_bit else "BODY=7BIT")
    if "DSN" in offered:
        if wishes.ret:
            parts.append(f"RET={wishes.ret}")
        if wishes.envid:
            parts.append(f"ENVID={xtext(wishes.envid)}")
    if wishes.size and "SIZE" in offered:
        parts.append(f"SIZE={wishes.size}")
    return _command(" ".join(parts))


def rcpt(forward_path: str, notify: str, orcpt: str, offered: Extensions) -> bytes:
    """`RCPT TO:<…>` with NOTIFY and ORCPT for a peer that speaks DSN.  RFC 3461 §4."""
    parts = [f"RCPT TO:<{_path(forward_path)}>"]
    if "DSN" in offered:
        if notify:
            parts.append(f"NOTIFY={notify}")
        if orcpt:
            kind, _, address = orcpt.partition(";")
            parts.append(f"ORCPT={kind};{xtext(address)}")
    return _command(" ".join(parts))


def ehlo(name: str) -> bytes:
    return _command(f"EHLO {name}")


def helo(name: str) -> bytes:
    return _command(f"HELO {name}")


def auth_plain(name: str, password: str) -> bytes:
    """RFC 4616, with the initial response."""
    token = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
    return _command(f"AUTH PLAIN {token}")


def base64_line(text: str) -> bytes:
    """One answer to a 334."""
    return base64.b64encode(text.encode()) + b"\r\n"


def xtext(text: str) -> str:
    """RFC 3461 §4: `+`, `=`, controls, blanks and everything beyond ASCII as +HH."""
    return "".join(
        chr(octet) if 33 <= octet <= 126 and octet not in (43, 61) else f"+{octet:02X}"
        for octet in text.encode("utf-8", "replace")
    )


def stuff(data: bytes) -> bytes:
    """Message text for DATA: no line begins with a lone dot.  `data` is whole CRLF lines."""
    if data.startswith(b"."):
        data = b"." + data
    return data.replace(b"\n.", b"\n..") if b"\n." in data else data


def normal_lines(data: bytes) -> bytes:
    """CRLF line ends and nothing else: a bare CR or LF must not reach a peer."""
    if data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n"):
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def estimated_size(octets: int, *, converted: bool) -> int:
    """What SIZE announces; room for a conversion to seven bits if there will be one.  Courier."""
    estimate = octets // 75 * 77 + 256
    return estimate * 100 // 70 if converted else estimate


def _path(path: str) -> str:
    if path.startswith('"') and '"' in path[1:]:
        local, _, domain = path.rpartition("@")
        if _UNFIT_QUOTED.search(local) or _UNFIT.search(domain):
            raise GrammarError("not an address that can be sent")
    elif _UNFIT.search(path):
        raise GrammarError("not an address that can be sent")
    return path


def _command(text: str) -> bytes:
    if "\r" in text or "\n" in text or "\0" in text:
        raise GrammarError("not a command that can be sent")
    return text.encode("utf-8") + b"\r\n"
