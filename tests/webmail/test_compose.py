"""Writing: drafts, replies, attachments, sending."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mailcore.accounts.models import Account
from mailcore.conf import current, store
from mailcore.message import header, mime
from mailcore.policy import suppression
from mailcore.queue.models import Message, Recipient
from tests.support import mail
from tests.support.people import person
from webmail.models import Preferences

pytestmark = pytest.mark.django_db(databases=["default", "queue"], transaction=True)

SENT, DRAFTS = "INBOX.Sent", "INBOX.Drafts"


def field(data: bytes, name: bytes) -> str:
    block, _ = header.split(data)
    return header.decode(header.first(header.fields(block), name) or b"")


def test_the_composer_opens(browser_of_ada: Client) -> None:
    page = browser_of_ada.get("/mail/compose?to=ben@example.com&subject=Hi").content.decode()
    assert 'value="ben@example.com"' in page
    assert 'value="Hi"' in page


def test_a_message_is_queued_and_a_copy_kept(ada: Account, browser_of_ada: Client) -> None:
    person("ben@example.com")
    given = {
        "to": "Ben <ben@example.com>",
        "bcc": "ada@example.com",
        "subject": "Grüße",
        "text": "Hello\nä",
        "action": "send",
    }
    answer = browser_of_ada.post("/mail/compose", given)
    assert answer.status_code == 302
    assert Message.objects.using("queue").count() == 1
    paths = set(Recipient.objects.using("queue").values_list("forward_path", flat=True))
    assert paths == {"ben@example.com", "ada@example.com"}
    (uid,) = mail.uids(ada, SENT)
    copy = mail.read(ada, uid, SENT)
    assert field(copy, b"subject") == "Grüße"
    assert field(copy, b"from") == "Ada Marsh <ada@example.com>"
    assert field(copy, b"bcc") == "ada@example.com"


def test_the_sent_message_does_not_say_who_got_a_blind_copy(
    ada: Account, browser_of_ada: Client
) -> None:
    from mailcore.queue.models import Content

    person("ben@example.com")
    given = {"to": "ben@example.com", "bcc": "ada@example.com", "text": "x", "action": "send"}
    browser_of_ada.post("/mail/compose", given)
    assert b"bcc" not in bytes(Content.objects.using("queue").get().data).lower()


@pytest.mark.parametrize("to", ["", "nobody", "a@b@c", "x <y", "stranger@example.com"])
def test_a_recipient_that_is_none_is_told_and_the_draft_kept(
    ada: Account, browser_of_ada: Client, to: str
) -> None:
    answer = browser_of_ada.post("/mail/compose", {"to": to, "text": "precious", "action": "send"})
    assert answer.status_code == 422
    assert b"precious" in answer.content
    assert Message.objects.using("queue").count() == 0
    assert len(mail.uids(ada, DRAFTS)) == 1


@pytest.mark.parametrize("name", ["subject", "to", "cc", "in_reply_to", "references", "source"])
def test_no_field_can_add_a_header(ada: Account, browser_of_ada: Client, name: str) -> None:
    person("ben@example.com")
    evil = "ben@example.com\r\nX-Evil: 1\r\n\r\nbody"
    given = {"to": "ben@example.com", "text": "x", "action": "save", name: evil}
    browser_of_ada.post("/mail/compose", given)
    for uid in mail.uids(ada, DRAFTS):
        block, _ = header.split(mail.read(ada, uid, DRAFTS))
        assert header.first(header.fields(block), b"x-evil") is None


def test_no_file_name_can_add_a_header(ada: Account, browser_of_ada: Client) -> None:
    bad = SimpleUploadedFile('a"\r\nX-Evil: 1.txt', b"data", content_type="text/plain\r\nX-Evil: 1")
    browser_of_ada.post("/mail/compose", {"text": "x", "action": "save", "files": [bad]})
    (uid,) = mail.uids(ada, DRAFTS)
    data = mail.read(ada, uid, DRAFTS)
    assert not re.search(rb"^x-evil", data, re.MULTILINE | re.IGNORECASE)


def test_a_draft_is_saved_again_in_its_place(ada: Account, browser_of_ada: Client) -> None:
    browser_of_ada.post("/mail/compose", {"text": "one", "action": "save"})
    (first,) = mail.uids(ada, DRAFTS)
    page = browser_of_ada.post(
        "/mail/compose", {"text": "two", "action": "save", "draft": first}, HTTP_HX_REQUEST="true"
    )
    (second,) = mail.uids(ada, DRAFTS)
    assert second != first
    assert f'name="draft" value="{second}"' in page.content.decode()
    assert "Saved" in page.content.decode()
    opened = browser_of_ada.get(f"/mail/compose?draft={second}").content.decode()
    assert "two" in opened


def test_attachments_stay_with_the_draft_and_are_sent(ada: Account, browser_of_ada: Client) -> None:
    person("ben@example.com")
    files = [SimpleUploadedFile("nötes.txt", b"hi there", content_type="text/plain")]
    saved = browser_of_ada.post(
        "/mail/compose", {"to": "ben@example.com", "action": "save", "files": files}
    )
    composer = saved.context["composer"]
    assert [one.name for one in composer.kept] == ["nötes.txt"]
    browser_of_ada.post(
        "/mail/compose",
        {
            "to": "ben@example.com",
            "text": "see it",
            "draft": composer.draft,
            "keep": [one.value for one in composer.kept],
            "action": "send",
        },
    )
    (uid,) = mail.uids(ada, SENT)
    data = mail.read(ada, uid, SENT)
    part = mime.scan(data).children[1]
    assert part.filename == "nötes.txt"
    assert mime.decoded(data, part) == b"hi there"
    assert mail.uids(ada, DRAFTS) == []


def test_a_reply_goes_to_the_sender_with_the_text_quoted(
    ada: Account, browser_of_ada: Client
) -> None:
    uid = mail.put(ada)
    page = browser_of_ada.get(f"/mail/compose?source=reply;{uid};INBOX")
    composer = page.context["composer"]
    assert composer.to == "Noor Haddad <noor@studio.example>"
    assert composer.cc == ""
    assert composer.subject == "Re: Final proofs"
    assert "> see https://print.example" in composer.text
    assert "Harbour Studio" not in composer.text
    assert composer.references == ("<proofs@studio.example>",)


def test_a_reply_to_all_leaves_oneself_out(ada: Account, browser_of_ada: Client) -> None:
    uid = mail.put(ada)
    composer = browser_of_ada.get(f"/mail/compose?source=all;{uid};INBOX").context["composer"]
    assert composer.cc == "Tom <tom@other.example>, cleo@other.example"


def test_an_answered_message_is_marked(ada: Account, browser_of_ada: Client) -> None:
    person("ben@example.com")
    uid = mail.put(ada)
    given = {
        "to": "ben@example.com",
        "text": "x",
        "source": f"reply;{uid};INBOX",
        "in_reply_to": "<proofs@studio.example>",
        "references": "<proofs@studio.example>",
        "action": "send",
    }
    browser_of_ada.post("/mail/compose", given)
    assert "\\Answered" in mail.flags(ada, uid)
    (sent,) = mail.uids(ada, SENT)
    assert field(mail.read(ada, sent, SENT), b"in-reply-to") == "<proofs@studio.example>"


def test_a_forward_takes_the_attachments_along(ada: Account, browser_of_ada: Client) -> None:
    person("ben@example.com")
    browser_of_ada.post(
        "/mail/compose",
        {"text": "x", "action": "save", "files": [SimpleUploadedFile("a.bin", b"\0\1\2")]},
    )
    (uid,) = mail.uids(ada, DRAFTS)
    composer = browser_of_ada.get(f"/mail/compose?source=forward;{uid};{DRAFTS}").context[
        "composer"
    ]
    assert composer.subject == "Fwd:"
    assert [one.name for one in composer.kept] == ["a.bin"]
    browser_of_ada.post(
        "/mail/compose",
        {"to": "ben@example.com", "keep": composer.kept[0].value, "action": "send"},
    )
    (sent,) = mail.uids(ada, SENT)
    data = mail.read(ada, sent, SENT)
    assert mime.decoded(data, mime.scan(data).children[1]) == b"\0\1\2"


def test_the_signature_is_below_what_is_written(ada: Account, browser_of_ada: Client) -> None:
    Preferences.objects.create(account=ada, signature="Ada\nHarbour Road")
    composer = browser_of_ada.get("/mail/compose").context["composer"]
    assert composer.text == "\n\n-- \nAda\nHarbour Road"


def test_attachments_have_a_limit(ada: Account, browser_of_ada: Client) -> None:
    from mailcore.conf import current, store

    store.save("webmail", {"message_size": 65536}, by="test")
    current.refresh()
    big = SimpleUploadedFile("big.bin", b"x" * 70_000)
    page = browser_of_ada.post(
        "/mail/compose", {"to": "a@b.example", "action": "send", "files": big}
    )
    assert page.status_code == 422
    assert Message.objects.using("queue").count() == 0


def test_a_draft_can_be_discarded(ada: Account, browser_of_ada: Client) -> None:
    browser_of_ada.post("/mail/compose", {"text": "one", "action": "save"})
    (uid,) = mail.uids(ada, DRAFTS)
    browser_of_ada.post("/mail/compose", {"draft": uid, "action": "discard"})
    assert mail.uids(ada, DRAFTS) == []


def test_a_kept_attachment_of_somebody_else_is_not_reached(
    ada: Account, browser_of_ada: Client
) -> None:
    ben = person("ben@example.com")
    mail.put(ben, folder=DRAFTS)
    page = browser_of_ada.post(
        "/mail/compose", {"text": "x", "action": "save", "keep": f"1:1:{DRAFTS}"}
    )
    assert page.context["composer"].kept == []


def test_who_sends_too_much_is_told_and_loses_nothing(ada: Account, browser_of_ada: Client) -> None:
    person("ben@example.com")
    store.save("rates", {"recipients_day": 1}, by="test")
    current.refresh()
    given = {"to": "ben@example.com, ada@example.com", "text": "to both", "action": "send"}
    page = browser_of_ada.post("/mail/compose", given)
    assert b"No more than 1 recipients within a day" in page.content
    assert b"to both" in page.content
    assert not Message.objects.using("queue").exists()


def test_who_writes_to_a_suppressed_address_is_told(ada: Account, browser_of_ada: Client) -> None:
    suppression.add("gone@far.example", "asked us to stop")
    given = {"to": "gone@far.example", "text": "hello?", "action": "send"}
    page = browser_of_ada.post("/mail/compose", given)
    assert b"asked us to stop" in page.content
    assert not Message.objects.using("queue").exists()
