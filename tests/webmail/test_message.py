"""Reading: header, text, frame, attachments, original."""

import pytest
from django.test import Client

from mailcore.accounts.models import Account
from tests.support import mail

pytestmark = pytest.mark.django_db(databases=["default", "queue"])

HTML = b"""\
From: News <news@list.example>\r
To: ada@example.com\r
Subject: Numbers\r
List-Unsubscribe: <mailto:off@list.example>, <https://list.example/off>\r
MIME-Version: 1.0\r
Content-Type: multipart/related; boundary=b\r
\r
--b\r
Content-Type: text/html; charset=utf-8\r
\r
<p style="color:red;position:fixed">Hi<script>alert(1)</script>\r
<img src="cid:dot"><img src="https://track.example/p.gif"></p>\r
--b\r
Content-Type: image/png\r
Content-ID: <dot>\r
Content-Transfer-Encoding: base64\r
\r
iVBORw0KGgo=\r
--b--\r
"""
FILES = b"""\
From: a@b.example\r
Subject: Files\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
Two files.\r
--b\r
Content-Type: text/html; name="evil.html"\r
Content-Disposition: attachment; filename*=utf-8''%C3%BCber%0D%0AX-Bad%3A1.html\r
\r
<script>alert(1)</script>\r
--b\r
Content-Type: application/x-shellscript; name="../../etc/passwd"\r
Content-Disposition: attachment\r
\r
data\r
--b--\r
"""


def test_opening_marks_as_read(ada: Account, browser_of_ada: Client) -> None:
    uid = mail.put(ada)
    page = browser_of_ada.get(f"/mail/INBOX/{uid}").content.decode()
    assert "Noor Haddad" in page
    assert 'href="https://print.example/friday?a=1&amp;b=2"' in page
    assert "\\Seen" in mail.flags(ada, uid)


def test_a_message_that_is_gone_is_not_found(browser_of_ada: Client) -> None:
    for path in ("", "/original", "/source", "/frame/0", "/part/0"):
        assert browser_of_ada.get(f"/mail/INBOX/77{path}").status_code == 404
    assert browser_of_ada.get("/mail/INBOX/99999999999").status_code == 404


def test_html_is_in_a_sandboxed_frame_with_its_own_policy(
    ada: Account, browser_of_ada: Client
) -> None:
    uid = mail.put(ada, HTML)
    page = browser_of_ada.get(f"/mail/INBOX/{uid}").content.decode()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "https://list.example/off" in page
    assert "Show pictures" in page
    frame = browser_of_ada.get(f"/mail/INBOX/{uid}/frame/1")
    policy = frame["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "https:" not in policy
    text = frame.content.decode()
    assert "alert" not in text
    assert "position" not in text
    assert "track.example" not in text
    assert "data:image/png;base64,iVBORw0KGgo=" in text


def test_remote_pictures_are_kept_only_when_asked_for(ada: Account, browser_of_ada: Client) -> None:
    uid = mail.put(ada, HTML)
    frame = browser_of_ada.get(f"/mail/INBOX/{uid}/frame/1?images=1")
    assert "track.example" in frame.content.decode()
    assert "img-src data: https: http:" in frame["Content-Security-Policy"]


def test_a_trusted_sender_is_remembered(ada: Account, browser_of_ada: Client) -> None:
    uid = mail.put(ada, HTML)
    browser_of_ada.post(f"/mail/INBOX/{uid}/trust")
    assert "track.example" in browser_of_ada.get(f"/mail/INBOX/{uid}/frame/1").content.decode()


def test_attachments_are_saved_never_shown(ada: Account, browser_of_ada: Client) -> None:
    uid = mail.put(ada, FILES)
    page = browser_of_ada.get(f"/mail/INBOX/{uid}")
    found = page.context["reading"].letter.attachments
    assert [one.name for one in found][1] == "passwd"
    assert found[0].warning
    for one in found:
        answer = browser_of_ada.get(f"/mail/INBOX/{uid}/part/{one.number}")
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Disposition"].startswith("attachment; filename")
        assert "sandbox" in answer["Content-Security-Policy"]
        assert "X-Bad" not in answer.headers


def test_the_original_is_text(ada: Account, browser_of_ada: Client) -> None:
    uid = mail.put(ada, HTML)
    page = browser_of_ada.get(f"/mail/INBOX/{uid}/original").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    source = browser_of_ada.get(f"/mail/INBOX/{uid}/source")
    assert source.content == mail.read(ada, uid)
    assert source["Content-Disposition"] == 'attachment; filename="Numbers.eml"'


def test_plain_text_is_there_on_request(ada: Account, browser_of_ada: Client) -> None:
    both = (
        b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nthe plain one\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<b>the other</b>\r\n--b--\r\n"
    )
    uid = mail.put(ada, both)
    assert "<iframe" in browser_of_ada.get(f"/mail/INBOX/{uid}").content.decode()
    page = browser_of_ada.get(f"/mail/INBOX/{uid}?plain=1").content.decode()
    assert "the plain one" in page
    assert "<iframe" not in page


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n",
        b"no header at all",
        b"From: " + b"a" * 100_000 + b"\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n" * 3000,
        b"Subject: =?utf-8?q?" + b"=00" * 300 + b"?=\r\n\r\n\x00\x01\x02\xff",
        b"To: " + b"<" * 20_000 + b"\r\n\r\nx",
        b"Content-Type: message/rfc822\r\n\r\n" * 200,
    ],
    ids=range(8),
)
def test_no_message_breaks_the_page(ada: Account, browser_of_ada: Client, data: bytes) -> None:
    uid = mail.put(ada, data)
    for path in ("", "/original", "/source"):
        assert browser_of_ada.get(f"/mail/INBOX/{uid}{path}").status_code == 200
    assert browser_of_ada.get("/mail/INBOX/").status_code == 200


def test_a_conversation_is_gathered_from_all_folders(ada: Account, browser_of_ada: Client) -> None:
    answer = (
        b"From: ada@example.com\r\nSubject: Re: Final proofs\r\nMessage-ID: <a@b>\r\n"
        b"In-Reply-To: <proofs@studio.example>\r\nReferences: <proofs@studio.example>\r\n\r\nok\r\n"
    )
    uid = mail.put(ada, at=1_800_000_000)
    mail.put(ada, answer, folder="INBOX.Sent", at=1_800_000_100)
    mail.put(ada, answer, folder="INBOX.Trash", at=1_800_000_200)
    mail.put(ada, b"Subject: other\r\nMessage-ID: <o@b>\r\n\r\nx\r\n")
    found = browser_of_ada.get(f"/mail/INBOX/{uid}/thread").context["found"]
    assert [entry.name for entry, _ in found] == ["INBOX", "INBOX.Sent"]
    part = browser_of_ada.get(f"/mail/INBOX/{uid}/thread", HTTP_HX_REQUEST="true").content.decode()
    assert "2 messages" in part
    assert "<html" not in part
    assert browser_of_ada.get("/mail/INBOX/99/thread").status_code == 404
