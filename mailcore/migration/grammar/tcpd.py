"""What couriertcpd was told: access records, and options within one variable."""

import re
from dataclasses import dataclass

from mailcore.errors import GrammarError

_RECORD = re.compile(r"(\S+)\s+(allow|deny)\b(.*)", re.IGNORECASE | re.DOTALL)
_VARIABLE = re.compile(r'\s*,\s*([A-Za-z_]\w*)\s*(?:=\s*("(?:[^"\\]|\\.)*+"|[^,"]*+))?')
_OPTION = re.compile(r"""\s*((?:[^\s'"\\]|'[^']*+'|"(?:[^"\\]|\\.)*+"|\\.)+)""", re.DOTALL)
_QUOTED = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """One line of smtpaccess; a variable without `=` has the value None."""

    network: str
    denied: bool
    variables: tuple[tuple[str, str | None], ...] = ()


def access_record(line: str) -> AccessRecord:
    """`192.168 allow,RELAYCLIENT`.  Raises GrammarError."""
    found = _RECORD.fullmatch(line.strip())
    if found is None:
        raise GrammarError("no network with allow or deny")
    variables: list[tuple[str, str | None]] = []
    at, rest = 0, found[3].rstrip()
    while at < len(rest):
        variable = _VARIABLE.match(rest, at)
        if variable is None:
            raise GrammarError(f"{rest[at : at + 60]!r} is no list of ,VARIABLE=value")
        at = variable.end()
        value = variable[2]
        variables.append((variable[1], None if value is None else _plain(value.strip())))
    return AccessRecord(found[1], found[2].lower() == "deny", tuple(variables))


def words(text: str) -> list[str]:
    """The words of an option line, quotes taken off.  Raises GrammarError."""
    found: list[str] = []
    at, text = 0, text.strip()
    while at < len(text):
        word = _OPTION.match(text, at)
        if word is None:
            raise GrammarError("a quote is never closed")
        found.append(_plain(word[1]))
        at = word.end()
    return found


def _plain(text: str) -> str:
    def bare(match: re.Match[str]) -> str:
        if match[2] is not None:
            return re.sub(r"\\(.)", r"\1", match[2], flags=re.DOTALL)
        return match[1] if match[1] is not None else match[3]

    return _QUOTED.sub(bare, text)
