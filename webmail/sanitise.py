"""HTML mail → HTML that can do nothing.

Three walls, each enough by itself: an allow-list of elements, attributes and CSS
properties here; a Content-Security-Policy of the answer that forbids scripts, forms and
(unless asked for) every network request; a sandboxed frame without an origin.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import nh3

LONGEST = 2_000_000
TAGS = {
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br",
    "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div",
    "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "ol", "p", "pre", "q", "rp",
    "rt", "ruby", "s", "samp", "section", "small", "span", "strike", "strong", "sub", "summary",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var",
    "wbr",
}  # fmt: skip
_BOX = {"align", "valign", "bgcolor", "width", "height"}
ATTRIBUTES = {
    "*": {"dir", "lang", "style", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "align", "border"},
    "table": _BOX | {"border", "cellpadding", "cellspacing"},
    "td": _BOX | {"colspan", "rowspan", "nowrap"},
    "th": _BOX | {"colspan", "rowspan", "nowrap", "scope"},
    "tr": _BOX,
    "tbody": {"align", "valign"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "div": {"align"},
    "p": {"align"},
    "h1": {"align"}, "h2": {"align"}, "h3": {"align"}, "h4": {"align"},
    "hr": {"align", "size", "width"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value"},
    "bdo": {"dir"},
    "time": {"datetime"},
}  # fmt: skip
_SIDES = ("", "-top", "-right", "-bottom", "-left")
PROPERTIES = {
    "background-color", "border-collapse", "border-color", "border-radius", "border-spacing",
    "border-style", "border-width", "box-sizing", "clear", "color", "direction", "display", "float",
    "font", "font-family", "font-size", "font-style", "font-variant", "font-weight", "height",
    "letter-spacing", "line-height", "list-style-type", "max-height", "max-width", "min-height",
    "min-width", "opacity", "table-layout", "text-align", "text-decoration", "text-indent",
    "text-transform", "unicode-bidi", "vertical-align", "white-space", "width", "word-break",
    "word-spacing", "word-wrap", "overflow-wrap",
    *(f"padding{side}" for side in _SIDES),
    *(f"margin{side}" for side in _SIDES),
    *(f"border{side}" for side in _SIDES),
    *(f"border{side}-{part}" for side in _SIDES[1:] for part in ("color", "style", "width")),
}  # fmt: skip
SCHEMES = {"http", "https", "mailto", "tel", "cid"}
_DANGEROUS_CSS = re.compile(
    r"\\|/\*|url|image|expression|var\(|@|javascript|<|>|-moz-|behavior", re.I
)
_REMOTE = re.compile(
    r"(?:src|background)\s*=\s*[\"']?\s*(?:https?:)?//|url\(\s*[\"']?(?:https?:)?//", re.I
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Harmless markup, and how many pictures of other servers were left out."""

    html: str
    blocked: int


@dataclass(slots=True)
class _Filter:
    """What nh3 asks for each attribute it would keep."""

    inline: Callable[[str], str]
    remote: bool
    blocked: int = field(default=0)

    def __call__(self, tag: str, attribute: str, value: str) -> str | None:
        if attribute == "style":
            return None if _DANGEROUS_CSS.search(value) else value[:2000]
        if tag == "img" and attribute == "src":
            return self._picture(value.strip())
        if attribute == "href":
            return None if value.strip().lower().startswith("cid:") else value
        return value

    def _picture(self, source: str) -> str | None:
        if source.lower().startswith("cid:"):
            return self.inline(source[4:]) or None
        if not source.lower().startswith(("https://", "http://")):
            return None
        if self.remote:
            return source
        self.blocked += 1
        return None


def clean(html: str, *, inline: Callable[[str], str], remote: bool = False) -> Cleaned:
    """The allow-listed rest of `html`.

    `inline` gives the `data:` address for a Content-ID, or an empty text; `remote` keeps
    pictures of other servers.
    """
    keep = _Filter(inline, remote)
    made = nh3.clean(
        html[:LONGEST],
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        clean_content_tags={"script", "style", "title", "noscript", "template", "svg", "math"},
        filter_style_properties=PROPERTIES,
        url_schemes=SCHEMES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    return Cleaned(made, keep.blocked)


def mentions_remote(html: str) -> bool:
    """Whether `html` would load anything from elsewhere; a quick look, not a judgement."""
    return bool(_REMOTE.search(html[:LONGEST]))
