"""Hostile mail in a real browser: no script runs, nothing is fetched, nothing escapes its frame."""

from collections.abc import Callable

import pytest

from mailcore.accounts.models import Account
from tests.support import hostile, mail
from tests.support.browser import Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "queue"], transaction=True),
]


def letter(html: str) -> bytes:
    return (
        "From: evil@x.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/html; charset=utf-8\r\n\r\n" + html + "\r\n"
    ).encode()


def test_hostile_mail_does_nothing(visit: Callable[..., Visitor], ada: Account) -> None:
    """Several at a time, a message for each family member would take minutes."""
    visitor = visit()
    corpus = hostile.EVERYTHING
    for start in range(0, len(corpus), 6):
        for html in ("\n".join(corpus[start : start + 6]), *corpus[start : start + 1]):
            uid = mail.put(ada, letter(html))
            visitor.goto(f"/mail/INBOX/{uid}")
            visitor.page.wait_for_load_state("networkidle")
            assert len(visitor.page.frames) == 2, html
            assert visitor.page.url.endswith(f"/mail/INBOX/{uid}"), html
    assert visitor.foreign == []
    assert visitor.dialogs == []


def test_the_frame_has_no_origin_and_no_script_of_its_own(
    visit: Callable[..., Visitor], ada: Account
) -> None:
    """Even if the sanitiser failed altogether, the policy and the sandbox would hold."""
    uid = mail.put(ada, letter("<p>hello</p>"))
    visitor = visit()
    visitor.goto(f"/mail/INBOX/{uid}")
    inside = visitor.page.evaluate(
        "() => { const f = document.querySelector('iframe'); return [f.contentDocument, f.sandbox.value]; }"
    )
    assert inside == [None, "allow-popups allow-popups-to-escape-sandbox"]


def test_pictures_are_fetched_only_after_leave(visit: Callable[..., Visitor], ada: Account) -> None:
    uid = mail.put(ada, letter(f"<p>x</p><img src={hostile.BEACON}>"))
    visitor = visit()
    visitor.goto(f"/mail/INBOX/{uid}")
    visitor.page.wait_for_load_state("networkidle")
    assert visitor.foreign == []
    visitor.page.click("text=Show pictures")
    visitor.page.wait_for_timeout(800)
    assert visitor.foreign == [hostile.BEACON]


def test_hostile_plain_text_and_fields_do_nothing(
    visit: Callable[..., Visitor], ada: Account
) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    uid = mail.put(
        ada,
        (
            f'From: "{evil}" <a@x.example>\r\nTo: "{evil}" <ada@example.com>\r\nSubject: {evil}\r\n'
            f"List-Unsubscribe: <javascript:alert(3)>\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
            f'--b\r\nContent-Type: text/plain\r\n\r\n{evil} https://a.example/"onmouseover=alert(4)\r\n'
            f'--b\r\nContent-Type: text/html; name="{evil}.html"\r\n'
            "Content-Disposition: attachment\r\n\r\n<script>alert(5)</script>\r\n--b--\r\n"
        ).encode(),
    )
    visitor = visit()
    for path in (f"/mail/INBOX/{uid}", f"/mail/INBOX/{uid}/original", "/mail/INBOX/",
                 f"/mail/compose?source=all;{uid};INBOX", f"/mail/INBOX/?q={evil}"):  # fmt: skip
        visitor.goto(path)
        assert "alert" in visitor.page.content()
    visitor.page.wait_for_timeout(300)
    assert visitor.dialogs == []
    assert visitor.foreign == []
