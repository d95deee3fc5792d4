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
_LINE_ENDS = "\x85\u2028\u2029"
_MOST_KEYWORDS = 100
_WITH_EQUALS = re.compile(r"^(AUTH|XVERP|XSECURITY)=", re.IGNORECASE)


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
    def verp(self) -> bool:
        """Whether the peer encodes reverse-paths as we do; another XVERP may do it otherwise."""
        return self.keywords.get("XVERP") == "Courier"

    @property
    def private_security(self) -> bool:
        """Whether the peer passes SECURITY=STARTTLS on.  Courier."""
        return "STARTTLS" in self.keywords.get("XSECURITY", "").upper().split(",")

    @property
    def mechanisms(self) -> frozenset[str]:
        return frozenset(self.keywords.get("AUTH", "").upper().split())

    @classmethod
    def of(cls, reply: Reply) -> "Extensions":
        """From a successful EHLO reply.

        `AUTH=PLAIN` is an old spelling of `AUTH PLAIN`; Courier says `XVERP=Courier`.
        """
        found: dict[str, str] = {}
        for line in reply.text.split("\n")[1 : _MOST_KEYWORDS + 1]:
            keyword, _, rest = _WITH_EQUALS.sub(r"\1 ", line.strip(), count=1).partition(" ")
            if keyword.upper() == "AUTH" and "AUTH" in found:
                found["AUTH"] += " " + rest
            elif keyword:
                found[keyword.upper()] = rest
        return cls(found)


@dataclass(frozen=True, slots=True)
class MailWishes:
    """What MAIL says beside the reverse-path; each only to a peer that offers it.

    `verp`: the peer makes a reverse-path for each
    recipient.  `exdata`: we understand an answer for each recipient.  `security`: Courier's.
    """

    size: int = 0
    eight_bit: bool = False
    smtputf8: bool = False
    verp: bool = False
    exdata: bool = False
    ret: str = ""
    envid: str = ""
    security: str = ""
    require_tls: bool = False
    priority: int = 0


def mail(reverse_path: str, wishes: MailWishes, offered: Extensions) -> bytes:
    """`MAIL FROM:<…>` with its parameters.

    Courier's order: SMTPUTF8 BODY VERP RET ENVID SIZE SECURITY; then EXDATA, REQUIRETLS
    (RFC 8689) and MT-PRIORITY (RFC 6710).
    """
    body = "8BITMIME" if wishes.eight_bit else "7BIT"
    parameters = (
        ("SMTPUTF8", wishes.smtputf8 and "SMTPUTF8" in offered),
        (f"BODY={body}", "8BITMIME" in offered),
        ("VERP", wishes.verp and bool(reverse_path) and offered.verp),
        (f"RET={wishes.ret}", bool(wishes.ret) and "DSN" in offered),
        (f"ENVID={xtext(wishes.envid)}", bool(wishes.envid) and "DSN" in offered),
        (f"SIZE={wishes.size}", bool(wishes.size) and "SIZE" in offered),
        (f"SECURITY={wishes.security}", bool(wishes.security) and offered.private_security),
        ("EXDATA", wishes.exdata and "XEXDATA" in offered),
        ("REQUIRETLS", wishes.require_tls and "REQUIRETLS" in offered),
        (f"MT-PRIORITY={wishes.priority}", bool(wishes.priority) and "MT-PRIORITY" in offered),
    )
    said = "".join(f" {text}" for text, wanted in parameters if wanted)
    return _command(f"MAIL FROM:<{_path(reverse_path)}>{said}")


def rcpt(forward_path: str, notify: str, orcpt: str, offered: Extensions) -> bytes:
    """`RCPT TO:<…>` with NOTIFY and ORCPT for a peer that speaks DSN.  RFC 3461 §4."""
    parts = [f"RCPT TO:<{_path(forward_path)}>"]
    if "DSN" in offered:
        if notify:
            parts.append(f"NOTIFY={notify}")
        if orcpt:
            parts.append(f"ORCPT={original(orcpt, utf8='SMTPUTF8' in offered)}")
    return _command(" ".join(parts))


def original(orcpt: str, *, utf8: bool) -> str:
    """`type;address` as ORCPT says it: xtext, or for Unicode RFC 6533 §3.

    A peer with SMTPUTF8 gets `utf-8-addr-unitext`, any other `utf-8-addr-xtext`, which is
    plain ASCII.
    """
    kind, _, address = orcpt.partition(";")
    if address.isascii() and kind.lower() != "utf-8":
        return f"{kind};{xtext(address)}"
    return "utf-8;" + "".join(
        letter if _fits(letter, utf8) else f"\\x{{{ord(letter):X}}}" for letter in address
    )


def _fits(letter: str, utf8: bool) -> bool:
    """RFC 6533 §3: QCHAR, and where UTF-8 is spoken everything beyond ASCII."""
    if letter.isascii():
        return "!" <= letter <= "~" and letter not in "+=\\"
    return utf8 and letter not in _LINE_ENDS


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
