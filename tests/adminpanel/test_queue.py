"""The queue page and the life of a message."""

import time

import pytest
from django.test import Client

from mailcore.queue import ids
from mailcore.queue.models import Content, Message, Recipient, Trace
from mailcore.tlspolicy.models import TlsReport

pytestmark = pytest.mark.django_db(databases=["default", "queue"], transaction=True)


@pytest.fixture
def number() -> int:
    """A message that waits for one recipient after one attempt."""
    number, now = ids.new_id(), time.time()
    Message.objects.using("queue").create(
        id=number, created_at=now - 100, expires_at=now + 9999, warn_at=0, size=1234,
        reverse_path="<b>ada@example.com", source="web", prefix=b"",
    )  # fmt: skip
    Content.objects.using("queue").create(id=number, data=b"x")
    Recipient.objects.using("queue").create(
        id=ids.new_id(), message_id=number, forward_path="ben@far.example", transport="esmtp",
        host="far.example", next_attempt_at=now + 500, attempts=1, status="4.4.1",
        reply="<script>alert(1)</script>",
    )  # fmt: skip
    Trace.objects.using("queue").create(
        message_id=number, at=now, event="deferred", address="ben@far.example", text="<i>later</i>"
    )
    return number


def test_an_empty_queue_says_so(admin: Client) -> None:
    assert b"The queue is empty" in admin.get("/admin/queue").content


def test_what_waits_is_listed_and_escaped(admin: Client, number: int) -> None:
    page = admin.get("/admin/queue").content.decode()
    assert ids.text(number) in page
    assert "ben@far.example" in page
    assert "<script>alert" not in page
    assert "<b>ada" not in page


def test_the_filter_asks_for_part_of_an_address(admin: Client, number: int) -> None:
    assert ids.text(number) in admin.get("/admin/queue?q=far.ex").content.decode()
    assert ids.text(number) not in admin.get("/admin/queue?q=near").content.decode()


def test_hold_release_retry_cancel(admin: Client, number: int) -> None:
    def do(verb: str) -> Recipient | None:
        admin.post("/admin/queue/act", {"do": verb, "id": ids.text(number)})
        return Recipient.objects.using("queue").filter(message_id=number).first()

    held = do("hold")
    assert held is not None
    assert held.state == "held"
    released = do("release")
    assert released is not None
    assert released.state == "queued"
    retried = do("retry")
    assert retried is not None
    assert retried.next_attempt_at <= time.time()
    gone = do("cancel")
    assert gone is None or gone.state == "report"


def test_nothing_selected_changes_nothing(admin: Client, number: int) -> None:
    admin.post("/admin/queue/act", {"do": "cancel"})
    admin.post("/admin/queue/act", {"do": "cancel", "id": ["nonsense", "' OR 1=1"]})
    assert Recipient.objects.using("queue").get().state == "queued"


def test_the_life_of_a_message(admin: Client, number: int) -> None:
    page = admin.get(f"/admin/queue/{ids.text(number)}").content.decode()
    assert "Put off" in page
    assert "&lt;i&gt;later" in page
    assert admin.get("/admin/queue/0000000000001").status_code == 404
    assert admin.get("/admin/queue/nonsense").status_code == 404


def test_mail_is_found_by_id_and_by_address(admin: Client, number: int) -> None:
    by_id = admin.get("/admin/trace", {"q": ids.text(number)})
    assert by_id["Location"].endswith(ids.text(number))
    by_address = admin.get("/admin/trace", {"q": "BEN@far.example"}).content.decode()
    assert ids.text(number) in by_address
    assert "No trace of" in admin.get("/admin/trace", {"q": "x@y"}).content.decode()


def test_destinations_are_listed_and_steered(admin: Client, number: int) -> None:
    page = admin.get("/admin/queue/destinations").content.decode()
    assert "far.example" in page
    assert "<script>alert" not in page
    admin.post(
        "/admin/queue/destinations/act",
        {"do": "reroute", "transport": "esmtp", "host": "far.example", "new": "Relay.example"},
    )
    row = Recipient.objects.using("queue").get(message_id=number)
    assert row.host == "relay.example"
    admin.post(
        "/admin/queue/destinations/act",
        {"do": "retry", "transport": "esmtp", "host": "relay.example"},
    )
    assert Recipient.objects.using("queue").get(message_id=number).next_attempt_at <= time.time()


def test_mail_is_returned_to_its_sender(admin: Client, number: int) -> None:
    admin.post("/admin/queue/act", {"do": "return", "id": ids.text(number)})
    assert Recipient.objects.using("queue").get(message_id=number).status == "5.4.7"


def test_tls_reports_are_listed_and_escaped(admin: Client) -> None:
    TlsReport.objects.create(
        received_at=1, organisation="<b>big", report_id="1", domain="far.example", policy="sts",
        begins="a", ends="b", failures=3, details=[{"result-type": "<i>certificate-expired"}],
    )  # fmt: skip
    page = admin.get("/admin/tls-reports").content.decode()
    assert "certificate-expired" in page
    assert "<b>big" not in page
    assert "<i>certificate" not in page
