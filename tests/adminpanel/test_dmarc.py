"""Who sends in our name: the page of other servers' reports."""

import datetime

import pytest
from django.test import Client

from mailcore.delivery import dmarc_reports
from tests.mailcore.mailauth.test_aggregate import REPORT

pytestmark = pytest.mark.django_db(databases=["default", "queue"])

NOW = int(datetime.datetime.now(datetime.UTC).timestamp())
RECENT = REPORT.replace("1700000000", str(NOW - 90_000)).replace("1700086399", str(NOW - 3_600))


def test_without_reports_the_page_says_how_to_get_some(admin: Client) -> None:
    page = admin.get("/admin/dmarc").content.decode()
    assert "No reports yet" in page
    assert "dmarc_report_account" in page


def test_each_domain_has_its_sources(admin: Client) -> None:
    assert dmarc_reports.keep(RECENT.encode())
    page = admin.get("/admin/dmarc").content.decode()
    assert "192.0.2.7" in page
    assert "100 % passed" in page
    assert "3 messages in 1 report" in page


def test_old_reports_are_not_counted(admin: Client) -> None:
    assert dmarc_reports.keep(REPORT.encode())
    assert "192.0.2.7" not in admin.get("/admin/dmarc").content.decode()


def test_what_a_report_says_is_only_text(admin: Client) -> None:
    forged = RECENT.replace("192.0.2.7", "&lt;script&gt;alert(1)&lt;/script&gt;")
    assert dmarc_reports.keep(forged.replace("none", "&lt;b&gt;x").encode())
    page = admin.get("/admin/dmarc").content.decode()
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page
    assert "<b>x" not in page
