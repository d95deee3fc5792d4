"""DMARC reports: ours go out once a day, those about us are read from a mailbox.  RFC 9990.

Mail to the mailbox that takes reports is not counted, so that two servers don't report their
reports to each other for ever.
"""

import datetime
from collections.abc import Iterable
from datetime import UTC

from django.db import transaction

from mailcore import log
from mailcore.accounts import directory
from mailcore.conf.current import snapshot
from mailcore.conf.schema.registry import Snapshot
from mailcore.delivery import report_inbox
from mailcore.dns import resolver
from mailcore.dns.resolver import Resolver
from mailcore.envelope import NULL_PATH, Envelope, EnvelopeRecipient, Notify, Path, Source
from mailcore.errors import DeliveryError, GrammarError, MailError
from mailcore.mailauth import aggregate, dmarc, dmarc_record
from mailcore.mailauth.aggregate import Aggregate, Ours
from mailcore.mailauth.dmarc_record import DmarcRecord
from mailcore.mailauth.models import DmarcReport, Observation, ReportedSource
from mailcore.message import mime
from mailcore.message.address_list import Mailbox
from mailcore.message.compose import File, Outgoing
from mailcore.message.compose import build as compose
from mailcore.message.trace import Origin
from mailcore.queue.content import Content
from mailcore.submit.accept import accept

MOST_ATTACHED = 5  # reports in one message
MOST_A_DAY = 500  # reports about one domain; anybody can send us some
MOST_SOURCES = 1_000  # of one report, those with the most mail
LARGEST_SENT = 10 * 1024 * 1024
WAIT = 60.0
_DAY = 86_400
_TYPES = frozenset({
    "application/gzip", "application/x-gzip", "application/zip", "application/x-zip-compressed",
    "text/xml", "application/xml", "application/octet-stream",
})  # fmt: skip

_log = log.get("dmarcreport")


def send(today: datetime.date) -> int:
    """Report on every day before `today`; say how many reports went out.

    A day's observations go once they are told, so a second run sends nothing twice.
    """
    settings = snapshot()
    if not settings.mailauth.dmarc_reports:
        return 0
    names = resolver.shared(settings.queue.resolvers, float(settings.queue.dns_timeout))
    days = Observation.objects.filter(day__lt=today).values_list("day", "domain").distinct()
    sent = 0
    for day, domain in list(days):
        try:
            record, places = wanted_at(domain, names)
        except DeliveryError:
            continue  # asked again with the next run
        rows = Observation.objects.filter(day=day, domain=domain)
        if record is not None:
            report = _report(domain, day, record, rows, settings)
            told = [_mail(to, largest, report) for to, largest in places]
            sent += sum(told)
        rows.delete()
    return sent


def wanted_at(domain: str, names: Resolver) -> tuple[DmarcRecord | None, list[tuple[str, int]]]:
    """The domain's record, and the addresses that may have its reports.

    An address elsewhere has to say in DNS that it wants them, or anybody's mailbox could be
    flooded.  RFC 9990 §4.  Raises TemporaryFailure.
    """
    texts = [t for t in names.txt(f"_dmarc.{domain}").records if dmarc_record.is_record(t)]
    try:
        record = dmarc_record.parse(texts[0]) if len(texts) == 1 else None
    except GrammarError:
        record = None
    if record is None:
        return None, []
    places = []
    for each in record.reports:
        place = each.address.rpartition("@")[2].lower()
        same = dmarc.organisation(place, names) == dmarc.organisation(domain, names)
        if same or _is_willing(domain, place, names):
            places.append((each.address, each.largest))
    return record, places


def _is_willing(domain: str, place: str, names: Resolver) -> bool:
    texts = names.txt(f"{domain}._report._dmarc.{place}").records
    return any(text.replace(" ", "").startswith("v=DMARC1") for text in texts)


def _report(
    domain: str,
    day: datetime.date,
    record: DmarcRecord,
    rows: Iterable[Observation],
    settings: Snapshot,
) -> Ours:
    begins = int(datetime.datetime.combine(day, datetime.time(), UTC).timestamp())
    policy = {
        "adkim": "s" if record.strict_dkim else "r",
        "aspf": "s" if record.strict_spf else "r",
        "p": record.policy.value,
        "sp": record.subdomain.value,
        "np": record.missing.value,
        "testing": "y" if record.testing else "n",
    }
    return Ours(
        organisation=settings.me,
        contact=settings.mailauth.dmarc_report_from or f"postmaster@{settings.default_domain}",
        report_id=f"{day:%Y%m%d}.{domain}@{settings.me}",
        domain=domain,
        begins=begins,
        ends=begins + _DAY - 1,
        policy=policy,
        rows=[(row.row, row.count) for row in rows],
    )


def _mail(to: str, largest: int, report: Ours) -> bool:
    """One report to one address.  Trouble is logged: the day is over."""
    data = aggregate.build(report)
    if len(data) > min(largest or LARGEST_SENT, LARGEST_SENT):
        _log.info("report.unsent", to=to, error="too long")
        return False
    local, _, domain = report.contact.rpartition("@")
    goal, _, there = to.rpartition("@")
    name = f"{report.organisation}!{report.domain}!{report.begins}!{report.ends}.xml.gz"
    letter = Outgoing(
        sender=Mailbox("", local, domain),
        to=(Mailbox("", goal, there),),
        subject=f"Report Domain: {report.domain} Submitter: {report.organisation}"
        f" Report-ID: <{report.report_id}>",
        text=f"This is a DMARC report about mail that claimed to be from {report.domain}.\n",
        files=(File(name, "application/gzip", data),),
        extra=(("Auto-Submitted", "auto-generated"),),
    )
    try:
        message = compose(
            letter,
            moment=datetime.datetime.now(UTC),
            message_id=f"<{report.report_id}>",
            boundary=f"=_dmarc_{report.begins}",
        )
        recipient = EnvelopeRecipient(Path.of(to), frozenset({Notify.NEVER}))
        envelope = Envelope(NULL_PATH, (recipient,), source=Source.DSN)
        accept(envelope, None, Content.of(message), Origin("dmarc")).result(WAIT)
    except (OSError, ValueError, MailError) as problem:
        _log.info("report.unsent", to=to, error=str(problem))
        return False
    return True


def read_all() -> int:
    """Read new reports from the INBOX of `mailauth.dmarc_report_account`; say how many."""
    return report_inbox.read_new(
        snapshot().mailauth.dmarc_report_account, lambda message: sum(map(keep, attached(message)))
    )


def attached(message: bytes) -> list[bytes]:
    """What may be a report in a message, a few at most."""
    parts = [p for p in mime.walk(mime.scan(message)) if f"{p.type}/{p.subtype}" in _TYPES]
    return [mime.decoded(message, part) for part in parts[:MOST_ATTACHED]]


def keep(data: bytes) -> bool:
    """Store a report about a domain of ours; False when it is none.  A known one stays as it is."""
    try:
        report = aggregate.parse(aggregate.unpacked(data))
    except GrammarError as problem:
        _log.info("report.unreadable", error=str(problem))
        return False
    if not _is_ours(report.domain):
        return False
    since = datetime.datetime.now(UTC) - datetime.timedelta(days=1)
    told = DmarcReport.objects.filter(domain=report.domain, received__gte=since)
    if told.count() >= MOST_A_DAY:
        _log.warning("report.flood", domain=report.domain, organisation=report.organisation)
        return False
    _store(report)
    return True


def _is_ours(domain: str) -> bool:
    hosted = directory.hosted_domains()
    return any(domain == each or domain.endswith("." + each) for each in hosted)


def _store(report: Aggregate) -> None:
    with transaction.atomic(using="default"):
        row, made = DmarcReport.objects.get_or_create(
            domain=report.domain,
            organisation=report.organisation,
            report_id=report.report_id,
            defaults={
                "begins": datetime.datetime.fromtimestamp(report.begins, UTC),
                "ends": datetime.datetime.fromtimestamp(report.ends, UTC),
            },
        )
        if not made:
            return
        sources = sorted(report.sources, key=lambda each: each.count, reverse=True)
        ReportedSource.objects.bulk_create(
            [
                ReportedSource(
                    report=row, address=each.address, count=each.count,
                    disposition=each.disposition, dkim=each.dkim, spf=each.spf,
                    header_from=each.header_from,
                )
                for each in sources[:MOST_SOURCES]
            ],
            batch_size=500,
        )  # fmt: skip


def prune(now: float) -> None:
    """Forget reports, and observations nobody asked for in time."""
    oldest = datetime.datetime.fromtimestamp(now - snapshot().mailauth.dmarc_report_keep, UTC)
    DmarcReport.objects.filter(received__lt=oldest).delete()
    week = datetime.datetime.fromtimestamp(now - 7 * _DAY, UTC).date()
    Observation.objects.filter(day__lt=week).delete()
