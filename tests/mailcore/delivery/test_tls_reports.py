"""TLS reports: sent where they are wanted, read where they arrive, never about themselves."""

import datetime
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcore.accounts.models import Account, Domain
from mailcore.delivery import tls_reports
from mailcore.message import tls_report as letters
from mailcore.net.https import Web
from mailcore.protocol import tls_report
from mailcore.queue import leases
from mailcore.queue.models import Message
from mailcore.tlspolicy import sts
from mailcore.tlspolicy.counts import Met, count
from mailcore.tlspolicy.models import TlsCount, TlsReport
from tests.support.authority import Authority
from tests.support.dns import DnsServer
from tests.support.mail import flags, put, uids
from tests.support.outgoing import attempt_all, configure
from tests.support.remote import Remote
from tests.support.web import WebServer, page

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

TODAY = datetime.datetime.now(datetime.UTC).date()
FAILED = Met("far.test", "sts", ("version: STSv1",), "certificate-expired", "mx.far.test")
WENT = Met("far.test", "sts", ("version: STSv1",), "", "mx.far.test", "192.0.2.1")


@pytest.fixture
def names() -> Iterator[DnsServer]:
    server = DnsServer({"_smtp._tls.far.test": {"TXT": ['"v=TLSRPTv1; rua=mailto:tls@far.test"']}})
    configure(resolvers=(server.address,), dns_timeout=5)
    configure("outgoing", tls_reports=True, tls_report_from="tls@example.test")
    yield server
    server.stop()


def queued() -> bytes:
    message = Message.objects.get()
    return bytes(message.prefix) + leases.contents([message.pk])[message.pk][message.skip :]


def test_a_report_is_mailed_to_who_wants_it(names: DnsServer) -> None:
    for met in (FAILED, WENT, WENT):
        count(met)
    assert tls_reports.send(TODAY) == 1
    assert tls_reports.send(TODAY) == 0
    mail = queued()
    assert b"TLS-Report-Domain: far.test\r\n" in mail
    assert b"Auto-Submitted: auto-generated\r\n" in mail
    (data,) = letters.found(mail)
    (tally,) = tls_report.parse(data).tallies
    assert (tally.domain, tally.policy, tally.successes, tally.failures) == (
        "far.test", "sts", 2, 1,
    )  # fmt: skip
    assert tally.details[0]["result-type"] == "certificate-expired"
    assert Message.objects.get().reverse_path == ""


def test_a_report_is_posted_to_who_wants_that(
    names: DnsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    web = WebServer(authority.server("r.test"), page(b"", "201 Created"))
    monkeypatch.setattr(sts, "WEB", Web(web.port, 10, private=True))
    configure("outgoing", tls_authorities=str(authority.file))
    names.zone["_smtp._tls.far.test"] = {"TXT": ['"v=TLSRPTv1; rua=https://r.test/v1"']}
    names.zone["r.test"] = {"A": ["127.0.0.1"]}
    count(FAILED)
    assert tls_reports.send(TODAY) == 1
    head, _, body = web.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1 HTTP/1.1\r\n")
    assert json.loads(gzip.decompress(body))["policies"][0]["policy"]["policy-domain"] == "far.test"
    web.stop()


def test_who_wants_no_report_gets_none(names: DnsServer) -> None:
    names.zone.clear()
    count(FAILED)
    assert tls_reports.send(TODAY) == 0
    assert not Message.objects.exists()
    assert not TlsCount.objects.exists()


def test_a_dead_resolver_leaves_the_counts_for_the_next_run(names: DnsServer) -> None:
    names.broken.add("_smtp._tls.far.test")
    count(FAILED)
    assert tls_reports.send(TODAY) == 0
    assert TlsCount.objects.get().sessions == 1


def test_a_report_is_never_reported(names: DnsServer) -> None:
    """ABUSE §5.1 item 7: two servers must not report their reports to each other for ever."""
    server = Remote(address="127.0.0.2")
    names.zone["far.test"] = {"A": ["127.0.0.2"]}
    configure(routes=(f"far.test:,{server.port}",), keepalive=0)
    count(FAILED)
    tls_reports.send(TODAY)
    attempt_all()
    assert len(server.mails) == 1
    assert not TlsCount.objects.exists()
    assert tls_reports.send(TODAY) == 0
    server.stop()


def test_reports_about_us_are_read_once_from_their_mailbox(names: DnsServer) -> None:
    domain = Domain.objects.create(name="example.test")
    account = Account.objects.create(
        address="tls@example.test", domain=domain, password="x", maildir="example.test/tls-1"
    )
    configure("outgoing", tls_report_account="tls@example.test")
    count(FAILED)
    tls_reports.send(TODAY)
    report, other = put(account, queued()), put(account, b"Subject: hello\r\n\r\nNo report\r\n")
    assert tls_reports.read_all() == 1
    assert tls_reports.read_all() == 0
    kept = TlsReport.objects.get()
    assert (kept.domain, kept.failures, kept.organisation) == ("far.test", 1, "mail.example.test")
    assert uids(account) == [report, other]
    assert "\\Seen" in flags(account, report)
    assert "\\Seen" not in flags(account, other)


def test_the_same_report_sent_twice_is_kept_once() -> None:
    data = tls_report.build(
        tls_report.Report("o", "1", "a", "b", "", (tls_report.Tally("far.test", "sts"),))
    )
    assert tls_reports.keep(data)
    assert tls_reports.keep(data)
    assert TlsReport.objects.count() == 1
    assert not tls_reports.keep(b"nonsense")
