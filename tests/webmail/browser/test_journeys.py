"""Whole ways through the webmail in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from mailcore.accounts.models import Account
from tests.support import mail
from tests.support.browser import PHONE, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "queue"], transaction=True),
]

Visit = Callable[..., Visitor]


def numbered(number: int) -> bytes:
    return (
        f"From: Person {number} <p{number}@x.example>\r\nTo: ada@example.com\r\n"
        f"Subject: Number {number}\r\n\r\nText {number}\r\n"
    ).encode()


def test_read_reply_and_find_it_in_sent(visit: Visit, ada: Account) -> None:
    mail.put(ada, numbered(1).replace(b"p1@x.example", b"ben@example.com"))
    visitor = visit()
    page = visitor.page
    page.click("text=Number 1")
    expect(page.locator(".reader .subject-line")).to_have_text("Number 1")
    assert "/mail/INBOX/" in page.url
    page.keyboard.press("r")
    page.wait_for_url("**/mail/compose**")
    assert page.input_value("#to") == "Person 1 <ben@example.com>"
    page.locator("#text").press("Control+Home")
    page.keyboard.type("Thanks!")
    expect(page.locator("[data-saved]")).to_contain_text("Saved")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("Message sent.")
    page.click("[data-special=sent]")
    expect(page.locator("#rows")).to_contain_text("Re: Number 1")
    assert mail.uids(ada, "INBOX.Drafts") == []
    assert visitor.complaints == []
    assert visitor.foreign == []


def test_the_keyboard_does_everything(visit: Visit, ada: Account) -> None:
    for number in range(3):
        mail.put(ada, numbered(number), at=1_800_000_000 + number)
    page = visit().page
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator(".subject-line")).to_have_text("Number 1")
    page.keyboard.press("s")
    expect(page.locator(".reader .star")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("e")
    expect(page.locator(".toast")).to_contain_text("archived")
    expect(page.locator("#rows")).not_to_contain_text("Number 1")
    page.keyboard.press("z")
    expect(page.locator("#rows")).to_contain_text("Number 1")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-count]")).to_have_text("1 selected")
    page.keyboard.press("#")
    expect(page.locator("#rows")).not_to_contain_text("Number 2")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("subject:0")
    page.keyboard.press("Enter")
    expect(page.locator(".found")).to_contain_text("1 found")
    page.wait_for_selector("html.js", state="attached")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/mail/INBOX.Drafts/")


def test_back_and_forward_follow_the_reader(visit: Visit, ada: Account) -> None:
    for number in range(2):
        mail.put(ada, numbered(number), at=1_800_000_000 + number)
    page = visit().page
    page.click("text=Number 0")
    expect(page.locator(".subject-line")).to_have_text("Number 0")
    page.click("text=Number 1")
    expect(page.locator(".subject-line")).to_have_text("Number 1")
    page.go_back()
    expect(page.locator(".subject-line")).to_have_text("Number 0")
    page.reload()
    expect(page.locator(".subject-line")).to_have_text("Number 0")


def test_everything_basic_works_without_javascript(visit: Visit, ada: Account) -> None:
    for number in range(2):
        mail.put(ada, numbered(number), at=1_800_000_000 + number)
    page = visit(java_script_enabled=False).page
    page.click("text=Number 0")
    assert "Text 0" in page.inner_text(".letter-text")
    page.locator(".reader-bar button[value=star]").click()
    assert page.get_attribute(".reader-bar .star", "aria-pressed") == "true"
    page.locator(".reader-bar button[value=archive]").click()
    assert "Message archived." in page.inner_text(".toast")
    page.click(".toast [data-undo]")
    assert "Number 0" in page.inner_text("#rows")
    page.fill("#q", "subject:1")
    page.press("#q", "Enter")
    assert "1 found" in page.inner_text(".found")
    page.goto(page.url.split("/mail/")[0] + "/mail/compose")
    page.fill("#to", "ben@example.com")
    page.fill("#subject", "By hand")
    page.fill("#text", "x")
    page.set_input_files(
        "[name=files]", files=[{"name": "a.txt", "mimeType": "text/plain", "buffer": b"1"}]
    )
    page.click("text=Save draft")
    assert "a.txt" in page.inner_text("#attached")
    page.click("button[value=send]")
    assert "Message sent." in page.inner_text(".toast")
    (uid,) = mail.uids(ada, "INBOX.Sent")
    assert b'filename="a.txt"' in mail.read(ada, uid, "INBOX.Sent")


def test_dark_follows_the_system_and_the_preference(visit: Visit) -> None:
    def background(visitor: Visitor) -> str:
        colour: str = visitor.page.evaluate(
            "getComputedStyle(document.querySelector('.list')).backgroundColor"
        )
        return colour

    assert background(visit(color_scheme="light")) == "rgb(255, 255, 255)"
    dark = visit(color_scheme="dark")
    assert background(dark) != "rgb(255, 255, 255)"
    dark.goto("/preferences")
    dark.page.select_option("[name=theme]", "light")
    dark.page.click("text=Save preferences")
    dark.goto("/mail/INBOX/")
    assert background(dark) == "rgb(255, 255, 255)"


def test_a_phone_shows_one_thing_at_a_time(visit: Visit, ada: Account) -> None:
    mail.put(ada, numbered(1))
    page = visit(viewport=PHONE, has_touch=True, is_mobile=True).page
    expect(page.locator("#rows")).to_be_visible()
    page.tap("text=Number 1")
    expect(page.locator(".subject-line")).to_be_visible()
    expect(page.locator("#rows")).to_be_hidden()
    small = page.evaluate(
        "[...document.querySelectorAll('.reader-bar .tool, .bottom-bar a')]"
        ".filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44).length"
    )
    assert small == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.tap(".reader .back")
    expect(page.locator("#rows")).to_be_visible()
    page.tap(".drawer-button >> nth=0")
    expect(page.locator("#folders")).to_be_visible()


def test_the_next_page_comes_when_one_scrolls(visit: Visit, ada: Account) -> None:
    for number in range(70):
        mail.put(ada, numbered(number), at=1_800_000_000 + number)
    page = visit().page
    assert page.locator("#rows > .row").count() == 50
    page.locator(".more").scroll_into_view_if_needed()
    expect(page.locator("#rows > .row")).to_have_count(70)


def test_a_dns_record_is_copied_with_one_click(visit: Visit) -> None:
    visitor = visit(permissions=["clipboard-read", "clipboard-write"])
    visitor.goto("/admin/domains/example.com/dns")
    button = visitor.page.get_by_label("Copy the value of SPF")
    button.click()
    button.get_by_text("Copied").wait_for()
    assert visitor.page.evaluate("navigator.clipboard.readText()") == "v=spf1 mx -all"


def test_without_scripts_a_record_is_there_to_be_marked(visit: Visit) -> None:
    visitor = visit(java_script_enabled=False)
    visitor.goto("/admin/domains/example.com/dns")
    assert not visitor.page.get_by_label("Copy the value of SPF").is_visible()
    assert visitor.page.get_by_text("v=spf1 mx -all").is_visible()
