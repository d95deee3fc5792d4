"""Every text that somebody else can choose is shown as text, on every page there is."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from calendar_app.models import Calendar, Event
from mailcore.accounts.models import Account, Alias, Domain
from mailcore.conf.models import ChangeSet, Setting
from mailcore.queue import ids
from mailcore.queue.models import Message, Recipient, Trace
from tests.support import mail
from tests.support.people import person
from webmail.models import Preferences, TrustedSender

pytestmark = pytest.mark.django_db(databases=["default", "queue"], transaction=True)

CANARY = "<canary onx='\"`{{7*7}}{%x%}&amp;"
FORBIDDEN = ("<canary", "49}", "onx='\"`")


@pytest.fixture
def everywhere(settings: Any, fresh_process: None, db: None) -> dict[str, Any]:
    """A server whose every row holds the canary in every text it has."""
    ada = person(superuser=True, name=CANARY)
    domain = ada.domain
    Account.objects.create(
        address=f"{CANARY}@example.com", domain=domain, maildir="x/y", password="!",
        display_name=CANARY,
    )  # fmt: skip
    Domain.objects.create(name=CANARY)
    Alias.objects.create(address=f"{CANARY}@example.com", domain=domain, targets=[CANARY])
    ChangeSet.objects.create(
        by=CANARY, summary=CANARY, undoable=True,
        diff=[{"scope": CANARY, "section": "general", "name": "postmaster", "old": CANARY, "new": CANARY}],
    )  # fmt: skip
    Setting.objects.create(section="general", name="postmaster", value=CANARY)
    Preferences.objects.create(account=ada, signature=CANARY)
    TrustedSender.objects.create(account=ada, address=CANARY)
    now, number = time.time(), ids.new_id()
    Message.objects.using("queue").create(
        id=number, created_at=now, expires_at=now + 99, warn_at=0, size=9, reverse_path=CANARY,
        source="web", prefix=b"", received_from=CANARY, auth_identity=CANARY,
    )  # fmt: skip
    Recipient.objects.using("queue").create(
        id=ids.new_id(), message_id=number, forward_path=CANARY, transport=CANARY[:30], host=CANARY,
        next_attempt_at=now, attempts=1, status=CANARY[:12], reply=CANARY, peer=CANARY,
    )  # fmt: skip
    Trace.objects.using("queue").create(
        message_id=number, at=now, event=CANARY[:16], address="ada@example.com",
        status=CANARY[:12], peer=CANARY, text=CANARY,
    )  # fmt: skip
    calendar = Calendar.objects.create(account=ada, name=CANARY)
    start = datetime(2026, 11, 26, 9, tzinfo=UTC)
    event = Event.objects.create(
        calendar=calendar, uid=CANARY, summary=CANARY, location=CANARY, description=CANARY,
        start=start, end=start.replace(hour=10), zone=CANARY[:60],
    )  # fmt: skip
    with mail.store_of(ada) as store:
        store.create("INBOX.<canary onx=1>")
    text = "".join(
        f"{name}: {CANARY} <x@y.example>\r\n" for name in ("From", "To", "Cc", "Reply-To")
    )
    text += f"Subject: {CANARY}\r\nList-Unsubscribe: <https://x.example/{CANARY}>\r\n"
    text += f"Message-ID: <{CANARY}@x>\r\nMIME-Version: 1.0\r\n"
    text += 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    text += f"--b\r\nContent-Type: text/plain\r\n\r\n{CANARY}\r\n> {CANARY}\r\n-- \r\n{CANARY}\r\n"
    named = CANARY.replace('"', "")
    text += f'--b\r\nContent-Type: text/x-c; name="{named}"\r\nContent-Disposition: attachment; filename="{named}"\r\n\r\nx\r\n--b--\r\n'
    uids = {name: mail.put(ada, text.encode(), folder=name) for name in ("INBOX", "INBOX.Drafts")}
    client = Client()
    client.force_login(ada)
    return {"client": client, "uids": uids, "event": event.pk, "id": ids.text(number)}


def test_no_page_takes_text_for_markup(everywhere: dict[str, Any], tmp_path: Path) -> None:
    client: Client = everywhere["client"]
    uid, draft = everywhere["uids"]["INBOX"], everywhere["uids"]["INBOX.Drafts"]
    pages = [
        "/mail/INBOX/", f"/mail/INBOX/{uid}", f"/mail/INBOX/{uid}/original", "/mail/folders", "/mail/folders/share?folder=INBOX",
        "/mail/INBOX.Drafts/", f"/mail/compose?draft={draft}", f"/mail/compose?source=all;{uid};INBOX",
        f"/mail/compose?source=forward;{uid};INBOX", "/preferences", "/calendar/?date=2026-11-26",
        "/calendar/?view=week&date=2026-11-26", "/calendar/?view=agenda&date=2026-11-20",
        f"/calendar/event/{everywhere['event']}", "/calendar/calendars", "/admin/", "/admin/domains",
        "/admin/people", "/admin/people/ada@example.com", "/admin/aliases", "/admin/history",
        "/admin/settings/general", "/admin/queue", f"/admin/queue/{everywhere['id']}",
        "/admin/trace?q=ada@example.com",
    ]  # fmt: skip
    shown = 0
    for path in pages:
        answer = client.get(path)
        assert answer.status_code == 200, path
        page = answer.content.decode()
        for bad in FORBIDDEN:
            assert bad not in page, (path, page[max(0, page.find(bad) - 100) :][:260])
        shown += page.count("&lt;canary")
    assert shown > 60


@pytest.mark.parametrize(
    "path", ["/mail/INBOX/", "/admin/people", "/admin/aliases", "/admin/domains", "/admin/queue",
             "/admin/trace", "/mail/compose", "/calendar/", "/login"]
)  # fmt: skip
@pytest.mark.parametrize(
    "name", ["q", "to", "subject", "next", "domain", "view", "date", "before", "page"]
)
def test_no_parameter_is_taken_for_markup(everywhere: dict[str, Any], path: str, name: str) -> None:
    page = everywhere["client"].get(path, {name: CANARY}, follow=True).content.decode()
    for bad in FORBIDDEN:
        assert bad not in page
