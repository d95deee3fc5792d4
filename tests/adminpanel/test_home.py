"""The overview."""

import time
from pathlib import Path

import pytest
from django.test import Client

from adminpanel import flow
from adminpanel.views import home
from mailcore.queue.models import Trace
from tests.support.certificate import make_certificate

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_an_empty_server_shows_zeros_and_what_to_do(admin: Client) -> None:
    page = admin.get("/admin/").content.decode()
    assert "Is mail flowing?" in page
    assert "There is no TLS certificate" in page


def test_events_of_the_last_day_are_counted_by_hour() -> None:
    now = time.time()
    for ago, event in ((10, "queued"), (3700, "queued"), (90_000, "queued"), (5, "delivered")):
        Trace.objects.using("queue").create(message_id=1, at=now - ago, event=event)
    accepted, delivered, deferred, failed = flow.meters()
    assert (accepted.total, delivered.total, deferred.total, failed.total) == (2, 1, 0, 0)
    assert accepted.hours[-1] == 1
    assert len(accepted.points.split()) == flow.HOURS


def test_a_curve_stays_within_its_box() -> None:
    for point in flow.curve((0, 5, 10)).split():
        x, y = point.split(",")
        assert 0 <= float(x) <= 120
        assert 0 <= float(y) <= 32


def test_the_certificate_s_days_are_counted(tmp_path: Path) -> None:
    certificate, _ = make_certificate(tmp_path)
    left = home.certificate_seconds_left(certificate)
    assert left is not None
    assert 0 < left <= 86400
    nonsense = tmp_path / "x.crt"
    nonsense.write_text("nonsense")
    assert home.certificate_seconds_left(nonsense) is None
