"""Seals of ours: dkimpy verifies them, and only sound chains are continued."""

import dkim
import pytest

from mailcore.accounts import administration, directory
from mailcore.conf import current, store
from mailcore.delivery import scheduler
from mailcore.delivery.attempt import run, run_due
from mailcore.dns.resolver import Resolver
from mailcore.envelope import Envelope, EnvelopeRecipient, Path, Source
from mailcore.mailauth import arc, keys
from mailcore.mailauth.text import SignedText
from mailcore.queue.content import Content
from mailcore.queue.models import Content as ContentRow
from mailcore.queue.models import Message
from mailcore.routing import homes
from mailcore.submit.accept import Origin, accept
from tests.mailcore.mailauth.conftest import LETTER, signed
from tests.mailcore.mailauth.test_arc import forwarded
from tests.support import dkim as pairs
from tests.support.dns import DnsServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

TOLD = ("spf=pass smtp.mailfrom=a@signed.test", "arc=none", "dmarc=pass header.from=signed.test")
SET = b"ARC-Seal: i=%d;"


@pytest.fixture(autouse=True)
def forwarder(dns: DnsServer) -> None:
    """ours.test forwards one@, seals, and publishes its key."""
    administration.add_domain("ours.test", by="test")
    administration.set_alias("one@ours.test", ["ann@far.test"], by="test")
    administration.add_account("bob@ours.test", "builder99", by="test")
    made = keys.add("ours.test", "rsa", by="test", selector="s1")
    keys.activate("ours.test", "s1", by="test")
    store.save("general", {"default_domain": "ours.test"}, by="test")
    store.save("mailauth", {"arc_seal": True}, by="test")
    current.refresh()
    dns.zone[made.name] = {"TXT": [pairs.quoted(made.text)]}


def sent_on(
    message: bytes = LETTER,
    told: tuple[str, ...] = TOLD,
    to: str = "one@ours.test",
    source: Source = Source.SMTP,
) -> bytes:
    """The message as it would leave."""
    envelope = Envelope(Path.of("a@signed.test"), (EnvelopeRecipient(Path.of(to)),), source=source)
    origin = Origin("ESMTP", "peer", "192.0.2.9", results=told)
    accepted = accept(envelope, None, Content.of(message), origin).result(10)
    row = Message.objects.get(id=accepted.id)
    data = bytes(ContentRow.objects.get(id=accepted.id).data)
    return bytes(row.prefix) + data[row.skip :]


def look_up(name: bytes, timeout: int = 5) -> bytes:
    selector, _, domain = name.decode().rstrip(".").partition("._domainkey.")
    if domain == "ours.test":
        return keys.show(domain, selector).text.encode()
    return pairs.record(pairs.rsa()).encode()


def test_dkimpy_verifies_a_chain_that_begins_with_us() -> None:
    result, _, reason = dkim.arc_verify(sent_on(), dnsfunc=look_up)
    assert (result, reason) == (b"pass", "success")


def test_dkimpy_verifies_a_chain_of_what_instructions_send_on() -> None:
    bob = directory.account("bob@ours.test")
    assert bob is not None
    homes.write(homes.make(bob), ".courier", b"&ann@far.test\n")
    first = sent_on(to="bob@ours.test")
    assert SET % 1 not in first, "it has not left yet"
    assert run_due("local")[0] == 1
    [lease] = scheduler.claim("instructions")
    run(lease)
    (bob.home / ".courier").unlink()  # another test's account has the same home
    row = Message.objects.get()
    data = bytes(ContentRow.objects.get(id=row.pk).data)
    onward = bytes(row.prefix) + data[row.skip :]
    assert dkim.arc_verify(onward, dnsfunc=look_up)[0] == b"pass"
    assert onward.count(b"\r\nAuthentication-Results: ") == 1
    assert b";\r\n  dmarc=pass header.from=signed.test\r\n" in onward
    assert b"\r\nDelivered-To: bob@ours.test\r\n" in onward


def test_dkimpy_verifies_a_chain_that_we_continue() -> None:
    message = sent_on(forwarded(LETTER, 2), ("arc=pass", "dmarc=fail"))
    assert SET % 3 in message
    result, _, reason = dkim.arc_verify(message, dnsfunc=look_up)
    assert (result, reason) == (b"pass", "success")


def test_we_verify_it_too_and_read_what_we_saw(resolver: Resolver) -> None:
    message = sent_on(signed())
    verdict = arc.verify(SignedText.of(Content.of(message)), resolver)
    assert (verdict.result.value, verdict.reason) == ("pass", "")
    assert verdict.sealers == ("ours.test",)
    assert b"dmarc=pass header.from=signed.test" in verdict.first_results


@pytest.mark.parametrize("told", [(), ("arc=fail",), ("dkim=pass",)])
def test_a_chain_that_is_broken_or_unknown_is_left_alone(told: tuple[str, ...]) -> None:
    assert SET % 2 not in sent_on(forwarded(LETTER), told)


@pytest.mark.parametrize(
    ("to", "source"),
    [("bob@ours.test", Source.SMTP), ("ann@far.test", Source.SMTP),
     ("one@ours.test", Source.AUTHSMTP)],
)  # fmt: skip
def test_only_strangers_mail_that_an_alias_sends_on_is_sealed(to: str, source: Source) -> None:
    assert b"ARC-" not in sent_on(to=to, source=source)


def test_sealing_is_off_until_it_is_switched_on() -> None:
    store.save("mailauth", {"arc_seal": False}, by="test")
    current.refresh()
    assert b"ARC-" not in sent_on()
