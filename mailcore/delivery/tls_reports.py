"""TLS reports: ours go out once a day, those about us are read from a mailbox.  RFC 8460.

A report's own mail is never counted (`transports.esmtp.calls`), so that two servers don't report
their reports to each other for ever.
"""

import datetime
import time
from collections.abc import Iterable

from mailcore import log
from mailcore.conf.current import snapshot
from mailcore.conf.schema.registry import Snapshot
from mailcore.delivery import report_inbox
from mailcore.dns import resolver
from mailcore.dns.resolver import Resolver
from mailcore.envelope import NULL_PATH, Envelope, EnvelopeRecipient, Notify, Path, Source
from mailcore.errors import DeliveryError, GrammarError, MailError
from mailcore.message import tls_report as letters
from mailcore.message.tls_report import Letter
from mailcore.message.trace import Origin
from mailcore.net import https
from mailcore.protocol import tls_report
from mailcore.protocol.tls_report import Report, Tally
from mailcore.queue import ids
from mailcore.queue.content import Content
from mailcore.submit.accept import accept
from mailcore.tlspolicy import sts
from mailcore.tlspolicy.models import TlsCount, TlsReport

WAIT = 60.0

_log = log.get("tlsreport")


def send(day: datetime.date) -> int:
    """Send the reports about `day` that are asked for; say how many.

    A day's counts go once they are told, so a second run sends nothing twice.
    """
    settings = snapshot()
    if not settings.outgoing.tls_reports:
        return 0
    names = resolver.shared(settings.queue.resolvers, float(settings.queue.dns_timeout))
    domains = TlsCount.objects.filter(day=day).values_list("domain", flat=True).distinct()
    sent = 0
    for domain in list(domains):
        rows = TlsCount.objects.filter(day=day, domain=domain)
        try:
            uris = tls_report.wanted_at(names.txt(f"_smtp._tls.{domain}").records)
        except DeliveryError:
            continue  # asked again with the next run
        told = [_deliver(uri, domain, day, list(rows), settings, names) for uri in uris]
        sent += any(told)
        rows.delete()
    return sent


def read_all() -> int:
    """Read new reports from the INBOX of `outgoing.tls_report_account`; say how many."""
    return report_inbox.read_new(
        snapshot().outgoing.tls_report_account,
        lambda message: sum(map(keep, letters.found(message))),
    )


def keep(data: bytes) -> bool:
    """Store a report that was sent to us; False when it is none.  One that is known is replaced."""
    try:
        report = tls_report.parse(data)
    except GrammarError as problem:
        _log.info("report.unreadable", error=str(problem))
        return False
    for each in report.tallies:
        TlsReport.objects.update_or_create(
            organisation=report.organisation,
            report_id=report.report_id,
            domain=each.domain,
            policy=each.policy,
            defaults={
                "received_at": time.time(),
                "begins": report.begins,
                "ends": report.ends,
                "successes": each.successes,
                "failures": each.failures,
                "details": list(each.details),
            },
        )
    return True


def tallies(rows: Iterable[TlsCount]) -> tuple[Tally, ...]:
    """The day's rows of one domain as the report tells them, by policy."""
    found: dict[tuple[str, tuple[str, ...]], list[TlsCount]] = {}
    for row in rows:
        found.setdefault((row.policy, tuple(row.lines)), []).append(row)
    return tuple(
        Tally(
            domain=some[0].domain,
            policy=policy,
            lines=lines,
            successes=sum(row.sessions for row in some if not row.result),
            failures=sum(row.sessions for row in some if row.result),
            details=tuple(
                {
                    "result-type": row.result,
                    "sending-mta-ip": row.source,
                    "receiving-mx-hostname": row.mx,
                    "failed-session-count": row.sessions,
                }
                for row in some
                if row.result
            ),
        )
        for (policy, lines), some in found.items()
    )


def _deliver(
    uri: str,
    domain: str,
    day: datetime.date,
    rows: list[TlsCount],
    settings: Snapshot,
    names: Resolver,
) -> bool:
    """One report to one place.  Trouble is logged: the day is over."""
    me = settings.me
    contact = settings.outgoing.tls_report_from or f"postmaster@{settings.default_domain}"
    report = Report(
        organisation=me,
        report_id=f"{day:%Y%m%d}.{ids.text(ids.new_id())}@{me}",
        begins=f"{day}T00:00:00Z",
        ends=f"{day}T23:59:59Z",
        contact=contact,
        tallies=tallies(rows),
    )
    data = tls_report.build(report)
    place = tls_report.web_place(uri)
    try:
        if place is not None:
            host, path = place
            kind, web = letters.TYPES[0], sts.web(settings.outgoing.tls_authorities)
            answer = https.post(host, path, kind, data, names.addresses(host).records, web)
            return answer.status in (200, 201, 202, 204)
        _mail(tls_report.mail_address(uri), domain, contact, report, data)
    except (OSError, ValueError, MailError) as problem:
        _log.info("report.unsent", to=uri, error=str(problem))
        return False
    return True


def _mail(to: str, domain: str, contact: str, report: Report, data: bytes) -> None:
    letter = Letter(
        from_=contact,
        to=to,
        domain=domain,
        submitter=report.organisation,
        report_id=report.report_id,
        sent=datetime.datetime.now(datetime.UTC),
        file=f"{report.organisation}!{domain}!{report.begins[:10]}.json.gz",
        data=data,
    )
    recipient = EnvelopeRecipient(Path.of(to), frozenset({Notify.NEVER}))
    envelope = Envelope(NULL_PATH, (recipient,), source=Source.DSN)
    accept(envelope, None, Content.of(letters.build(letter)), Origin("dsn")).result(WAIT)
