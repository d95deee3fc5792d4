"""What the server can do, by the names CAPABILITY gives it: one table, and what is switched off.

A name is said only if everything it stands for works; so one that needs another goes with it.
"""

from dataclasses import dataclass
from functools import lru_cache

from mailcore.conf.schema.imap import Imap
from mailcore.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Capability:
    """`early` ones are said before the login too.  `needs`: goes when one of these goes.

    `enables` is what ENABLE of this name switches on, empty when it is not for ENABLE.
    `value` names the setting whose number follows the name.
    """

    name: str
    early: bool = False
    needs: tuple[str, ...] = ()
    enables: tuple[str, ...] = ()
    value: str = ""


_IN_REV2 = (
    "SASL-IR", "ENABLE", "IDLE", "NAMESPACE", "UIDPLUS", "UNSELECT", "CHILDREN", "MOVE", "BINARY",
    "SPECIAL-USE", "LIST-EXTENDED", "LIST-STATUS", "STATUS=SIZE", "ESEARCH", "SEARCHRES",
)  # fmt: skip
"""What RFC 9051 has taken in."""

TABLE: dict[str, Capability] = {
    one.name: one
    for one in (
        Capability("IMAP4rev2", early=True, needs=_IN_REV2, enables=("IMAP4rev2",)),
        Capability("LITERAL+", early=True),
        Capability("LITERAL-", early=True),
        Capability("SASL-IR", early=True),
        Capability("ID", early=True),
        Capability("ENABLE", early=True),
        Capability("IDLE", early=True),
        Capability("NAMESPACE"),
        Capability("UIDPLUS"),
        Capability("UNSELECT"),
        Capability("CHILDREN"),
        Capability("ACL"),
        Capability("ACL2=UNION", needs=("ACL",)),
        Capability("RIGHTS=texk", needs=("ACL",)),
        Capability("LIST-MYRIGHTS", needs=("ACL", "LIST-EXTENDED")),
        Capability("METADATA"),
        Capability("METADATA-SERVER"),
        Capability("LIST-METADATA", needs=("METADATA", "LIST-EXTENDED")),
        Capability("MOVE"),
        Capability("CONDSTORE", enables=("CONDSTORE",)),
        Capability("QRESYNC", needs=("CONDSTORE", "ENABLE"), enables=("QRESYNC", "CONDSTORE")),
        Capability("MULTIAPPEND"),
        Capability("REPLACE", needs=("UIDPLUS",)),
        Capability("BINARY"),
        Capability("CATENATE"),
        Capability("COMPRESS=DEFLATE"),
        Capability("UNAUTHENTICATE"),
        Capability("UTF8=ACCEPT", needs=("ENABLE",), enables=("UTF8=ACCEPT",)),
        Capability("SPECIAL-USE"),
        Capability("CREATE-SPECIAL-USE", needs=("SPECIAL-USE",)),
        Capability("LIST-EXTENDED"),
        Capability("LIST-STATUS", needs=("LIST-EXTENDED",)),
        Capability("STATUS=SIZE"),
        Capability("ESEARCH"),
        Capability("PARTIAL", needs=("ESEARCH",)),
        Capability("SEARCHRES", needs=("ESEARCH",)),
        Capability("ESORT", needs=("ESEARCH", "SORT")),
        Capability("MULTISEARCH", needs=("ESEARCH",)),
        Capability("SEARCH=FUZZY", needs=("ESEARCH",)),
        Capability("OBJECTID"),
        Capability("WITHIN"),
        Capability("SORT"),
        Capability("SORT=DISPLAY", needs=("SORT",)),
        Capability("THREAD=ORDEREDSUBJECT"),
        Capability("THREAD=REFERENCES"),
        Capability("THREAD=REFS"),
        Capability("PREVIEW"),
        Capability("SAVEDATE"),
        Capability("QUOTA"),
        Capability("QUOTA=RES-STORAGE", needs=("QUOTA",)),
        Capability("QUOTA=RES-MESSAGE", needs=("QUOTA",)),
        Capability("INPROGRESS"),
        Capability("UIDONLY", needs=("ENABLE",), enables=("UIDONLY",)),
        Capability("APPENDLIMIT", value="append_limit"),
    )
}
ALWAYS = "IMAP4rev1"
_REV2 = "IMAP4rev2"
_LITERAL_MINUS = 4096
_NAMES = {name.upper(): name for name in TABLE}


def known(text: str) -> str:
    """The name of an extension that can be switched off, as the table spells it."""
    found = _NAMES.get(text.upper())
    if found is None:
        raise ConfigError(f"{text!r} is no IMAP extension that can be switched off")
    return found


@lru_cache(maxsize=64)
def offered(off: tuple[str, ...]) -> frozenset[str]:
    """The names that are left when these are switched off, with all that needs them."""
    left = set(TABLE) - {_NAMES.get(name.upper(), name) for name in off}
    if not left & {"LITERAL+", "LITERAL-"}:
        left.discard(_REV2)
    while True:
        kept = {name for name in left if left.issuperset(TABLE[name].needs)}
        if kept == left:
            break
        left = kept
    if "LITERAL+" in left:
        left.discard("LITERAL-")  # RFC 7888 §4: never both
    if "METADATA" in left:
        left.discard("METADATA-SERVER")  # RFC 5464 §1: for servers without the other
    return frozenset(left)


@lru_cache(maxsize=256)
def listed(rules: Imap, *, early: bool) -> bytes:
    """The names as CAPABILITY gives them, without those of logging in."""
    left = offered(rules.extensions_off)
    words = [ALWAYS]
    for name, one in TABLE.items():
        if name in left and (one.early or not early):
            words.append(f"{name}={getattr(rules, one.value)}" if one.value else name)
    return " ".join(words).encode()


def enabled_by(name: str, rules: Imap) -> tuple[str, ...]:
    """What `ENABLE name` switches on; nothing when that is not to be had."""
    spelled = _NAMES.get(name.upper(), "")
    return TABLE[spelled].enables if spelled in offered(rules.extensions_off) else ()


def largest_ahead(rules: Imap) -> int:
    """The largest literal that a client may send without waiting for `+`.  RFC 7888."""
    left = offered(rules.extensions_off)
    if "LITERAL+" in left:
        return 1 << 62
    return _LITERAL_MINUS if "LITERAL-" in left else -1
