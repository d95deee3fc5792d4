"""Octets to text for the character sets that mail uses; never fails, always linear."""

import codecs
from functools import lru_cache

# What a label means in practice (the supersets every mail client assumes).
_MEANT = {
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso2022_jp": "iso2022_jp_2",
    "big5": "cp950",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
}
_ALIASES = {
    "ks_c_5601-1987": "cp949",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "x-euc-jp": "euc_jp",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "unicode-1-1-utf-7": "utf-7",
}
# Python's own escape codecs are no character sets, and idna and punycode are quadratic.
_REFUSED = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
)


@lru_cache(maxsize=512)
def codec(label: str) -> str | None:
    """The codec to use for a charset label, or None when we know no such charset."""
    wanted = label.strip().strip("\"'").lower()
    if not wanted or len(wanted) > 64 or not wanted.isascii() or "\0" in wanted:
        return None
    try:
        info = codecs.lookup(_ALIASES.get(wanted, wanted))
    except (LookupError, ValueError):
        return None
    name = info.name
    if name in _REFUSED or name.replace("-", "_") in _REFUSED:
        return None
    if not getattr(info, "_is_text_encoding", True):
        return None
    return _MEANT.get(name, name)


def to_text(data: bytes, label: str = "") -> str:
    """`data` as text: by its label when that is known and true enough, else by guessing.

    Unlabelled octets are UTF-8 when they can be, otherwise Windows-1252.
    """
    name = codec(label) if label else "utf-8"
    if name is None or name == "utf-8":
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            fallback = "utf-8" if label and name else "cp1252"
            return data.decode(fallback, "replace")
    try:
        return data.decode(name, "replace")
    except (UnicodeError, ValueError):
        return data.decode("latin-1")
