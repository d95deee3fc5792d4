"""DMARC reports: sent to who wants them, read where they arrive, never about themselves."""

import datetime
import gzip
from collections.abc import Iterator
from pathlib import Path as FilePath

import pytest

from mailcore.accounts import administration, directory
from mailcore.conf import current
from mailcore.delivery import dmarc_reports
from mailcore.envelope import Path
from mailcore.mailauth import aggregate, observations
from mailcore.mailauth.models import DmarcReport, Observation, ReportedSource
from mailcore.policy import authentication
from mailcore.policy.contract import Peer, Received
from mailcore.queue import leases
from mailcore.queue.content import Content
from mailcore.queue.models import Message, Recipient
from tests.mailcore.mailauth.test_aggregate import RECORD, REPORT
from tests.support.dns import DnsServer
from tests.support.fresh import home_at
from tests.support.mail import flags, put
from tests.support.outgoing import configure
from tests.support.people import person
from workers import housekeeping

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

TODAY = datetime.datetime.now(datetime.UTC).date()
TOMORROW = TODAY + datetime.timedelta(days=1)
LETTER = b"From: Ada <ada@far.test>\r\nSubject: hi\r\n\r\nHello\r\n"


@pytest.fixture
def names() -> Iterator[DnsServer]:
    server = DnsServer({
        "_dmarc.far.test": {"TXT": ['"v=DMARC1; p=reject; rua=mailto:r@far.test,mailto:x@else.test"']},
        "_dmarc.quiet.test": {"TXT": ['"v=DMARC1; p=none"']},
    })  # fmt: skip
    configure(resolvers=(server.address,), dns_timeout=5)
    configure("mailauth", dmarc="mark", dmarc_reports=True)
    yield server
    server.stop()


def received(letter: bytes = LETTER, to: str = "bob@b.test", peer: str = "192.0.2.7") -> None:
    """A message is judged."""
    path = Path.of("eve@evil.test")
    settings = current.snapshot()
    authentication.check(Received(Peer(peer), path, (Path.of(to),), Content.of(letter), settings))


def queued() -> bytes:
    message = Message.objects.get()
    return bytes(message.prefix) + leases.contents([message.pk])[message.pk][message.skip :]


def test_a_days_mail_is_told_in_one_report(names: DnsServer) -> None:
    for _ in range(3):
        received()
    received(peer="192.0.2.8")
    assert dmarc_reports.send(TODAY) == 0, "the day is not over"
    assert dmarc_reports.send(TOMORROW) == 1
    assert dmarc_reports.send(TOMORROW) == 0
    assert not Observation.objects.exists()
    mail = queued()
    assert b"Subject: Report Domain: far.test Submitter: mail.example.test" in mail
    assert b"Auto-Submitted: auto-generated" in mail
    (data,) = dmarc_reports.attached(mail)
    report = aggregate.parse(aggregate.unpacked(data))
    assert report.domain == "far.test"
    assert sorted((each.address, each.count) for each in report.sources) == [
        ("192.0.2.7", 3), ("192.0.2.8", 1),
    ]  # fmt: skip
    assert {each.disposition for each in report.sources} == {"none"}


def test_an_address_elsewhere_has_to_ask_for_reports_itself(names: DnsServer) -> None:
    received()
    dmarc_reports.send(TOMORROW)
    assert [row.forward_path for row in Recipient.objects.all()] == ["r@far.test"]
    names.zone["far.test._report._dmarc.else.test"] = {"TXT": ['"v=DMARC1"']}
    configure(dns_timeout=6)  # another resolver, which remembers nothing
    received()
    assert dmarc_reports.send(TOMORROW) == 2


def test_who_asks_for_no_reports_is_not_counted(names: DnsServer) -> None:
    received(LETTER.replace(b"far.test", b"quiet.test"))
    received(LETTER.replace(b"far.test", b"nowhere.test"))
    assert not Observation.objects.exists()


def test_mail_to_where_reports_arrive_is_not_reported(names: DnsServer) -> None:
    configure("mailauth", dmarc_report_account="reports@example.com")
    received(to="reports@example.com")
    assert not Observation.objects.exists()
    received(to="bob@example.com")
    assert Observation.objects.count() == 1


def test_a_flood_of_made_up_sources_has_an_end(
    names: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observations, "MOST", 3)
    for number in range(6):
        received(peer=f"192.0.2.{number}")
    received(peer="192.0.2.0")
    assert Observation.objects.count() == 3
    assert sum(row.count for row in Observation.objects.all()) == 4


def test_nothing_is_counted_or_sent_unless_it_is_switched_on(names: DnsServer) -> None:
    received()
    configure("mailauth", dmarc_reports=False)
    received(peer="192.0.2.9")
    assert Observation.objects.count() == 1
    assert dmarc_reports.send(TOMORROW) == 0
    assert not Message.objects.exists()


def test_dns_that_does_not_answer_loses_no_report(names: DnsServer) -> None:
    received()
    names.broken.add("_dmarc.far.test")
    configure(dns_timeout=6)
    assert dmarc_reports.send(TOMORROW) == 0
    assert Observation.objects.exists()


def mail(data: bytes, kind: bytes = b"application/gzip") -> bytes:
    import base64

    return (
        b"From: r@far.test\r\nSubject: Report\r\nContent-Type: " + kind
        + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data)
    )  # fmt: skip


@pytest.fixture
def inbox(settings: object, tmp_path: FilePath) -> object:
    home_at(settings, tmp_path)
    account = person("reports@example.com")
    configure("mailauth", dmarc_report_account="reports@example.com")
    return account


def test_reports_about_us_are_read_from_their_mailbox(inbox: object) -> None:
    uid = put(inbox, mail(gzip.compress(REPORT.encode())))  # type: ignore[arg-type]
    other = put(inbox, b"Subject: hello\r\n\r\nno report\r\n")  # type: ignore[arg-type]
    housekeeping.report_dmarc()
    housekeeping.report_dmarc()
    (report,) = DmarcReport.objects.all()
    assert report.domain == "example.com"
    assert [(row.address, row.count) for row in ReportedSource.objects.all()] == [("192.0.2.7", 3)]
    assert "\\Seen" in flags(inbox, uid)  # type: ignore[arg-type]
    assert "\\Seen" not in flags(inbox, other)  # type: ignore[arg-type]


def test_a_report_that_comes_twice_is_counted_once(inbox: object) -> None:
    for _ in range(2):
        put(inbox, mail(REPORT.encode(), b"text/xml"))  # type: ignore[arg-type]
    assert dmarc_reports.read_all() == 2
    assert ReportedSource.objects.count() == 1


def test_reports_about_others_and_rubbish_are_left_alone(inbox: object) -> None:
    for data in (REPORT.replace("Example.com", "other.test").encode(), b"<a>", b"\x1f\x8bx"):
        put(inbox, mail(data))  # type: ignore[arg-type]
    assert dmarc_reports.read_all() == 0
    assert not DmarcReport.objects.exists()


def test_a_flood_of_forged_reports_has_an_end(
    inbox: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dmarc_reports, "MOST_A_DAY", 2)
    monkeypatch.setattr(dmarc_reports, "MOST_SOURCES", 1)
    for number in range(4):
        forged = REPORT.replace("<report_id>r1", f"<report_id>r{number}")
        more = RECORD.replace("192.0.2.7", "192.0.2.8").replace("<count>3", "<count>9")
        dmarc_reports.keep(forged.replace(RECORD, RECORD + more).encode())
    assert DmarcReport.objects.count() == 2
    assert {row.address for row in ReportedSource.objects.all()} == {"192.0.2.8"}


def test_old_reports_are_forgotten(inbox: object) -> None:
    put(inbox, mail(REPORT.encode()))  # type: ignore[arg-type]
    dmarc_reports.read_all()
    old = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=91)
    DmarcReport.objects.update(received=old)
    housekeeping.sweep()
    assert not ReportedSource.objects.exists()


def test_no_account_no_reports() -> None:
    administration.add_domain("example.com", by="test")
    directory.forget()
    assert dmarc_reports.read_all() == 0
