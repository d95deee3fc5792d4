"""HTML mail: what is left can do nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from tests.support import hostile
from webmail import sanitise

ALLOWED = {*sanitise.TAGS, "html", "head", "body"}


def nothing(content_id: str) -> str:
    return ""


def clean(html: str, *, remote: bool = False) -> str:
    return sanitise.clean(html, inline=nothing, remote=remote).html


def check(html: str) -> None:
    """Only allowed elements and attributes, no scheme that acts, no CSS that fetches or floats."""
    for node in LexborHTMLParser(html).css("*"):
        assert node.tag in ALLOWED or node.tag == "-text", node.tag
        for name, value in node.attributes.items():
            allowed = sanitise.ATTRIBUTES.get(node.tag or "", set()) | sanitise.ATTRIBUTES["*"]
            assert name in allowed | {"rel", "target"}, name
            if name in ("href", "src"):
                assert re.match(r"(https?:|mailto:|tel:|data:image/|[^:]*$)", value or "", re.I)
            if name == "style":
                assert not re.search(r"url|position|expression|import|@|\\", value or "", re.I)


@pytest.mark.parametrize("html", hostile.EVERYTHING)
@pytest.mark.parametrize("remote", [False, True])
def test_nothing_hostile_is_left(html: str, remote: bool) -> None:
    check(clean(html, remote=remote))


@pytest.mark.parametrize("html", hostile.EVERYTHING)
def test_cleaning_twice_changes_nothing(html: str) -> None:
    once = clean(html, remote=True)
    assert clean(once, remote=True) == once


@pytest.mark.parametrize("html", hostile.FETCHES)
def test_without_leave_no_address_of_others_is_loaded(html: str) -> None:
    assert not re.search(r"(src|background|srcset|poster)=\S*beacon", clean(html))


@given(st.text())
def test_no_text_breaks_it(html: str) -> None:
    check(clean(html))


@given(
    st.lists(
        st.sampled_from([
            "<svg>", "<math>", "<style>", "</style>", "<!--", "-->", "<p title='", "'>", "<img src=x onerror=a>",
            "<table>", "<mglyph>", "<template>", "<noscript>", "]]>", "<![CDATA[", "<a href='javascript:a'>",
            "<select>", "<title>", "</p>", "<form>", "<desc>", "<mtext>", "<annotation-xml encoding=text/html>",
        ]),
        max_size=12,
    )
)  # fmt: skip
def test_no_mixture_of_namespaces_breaks_it(parts: list[str]) -> None:
    check(clean("".join(parts)))


def test_ordinary_mail_keeps_its_looks() -> None:
    html = (
        '<table width="600" cellpadding="0" bgcolor="#ffffff"><tr><td style="padding:8px 4px;'
        'color:#333333"><b>Hi</b> <a href="https://x.example/?a=1&amp;b=2">link</a></td></tr></table>'
    )
    made = clean(html)
    assert 'width="600"' in made
    assert "padding:8px 4px" in made
    assert 'href="https://x.example/?a=1&amp;b=2"' in made
    assert 'rel="noopener noreferrer nofollow"' in made


def test_pictures_left_out_are_counted() -> None:
    made = sanitise.clean(
        "<img src=https://a.example/1><img src=cid:x>",
        inline=lambda content_id: "data:image/png;base64,AAAA",
    )
    assert made.blocked == 1
    assert 'src="data:image/png;base64,AAAA"' in made.html


def test_templates_mark_nothing_safe_but_the_frame() -> None:
    from django.conf import settings

    found = [
        str(file.relative_to(settings.BASE_DIR))
        for folder in ("webmail", "adminpanel", "calendar_app", "courier_web")
        for file in (settings.BASE_DIR / folder).rglob("*")
        if file.suffix in (".html", ".py")
        and re.search(r"\|\s*safe\b|mark_safe|autoescape off|SafeString\(", file.read_text())
    ]
    assert found == ["webmail/templates/webmail/frame.html"]
