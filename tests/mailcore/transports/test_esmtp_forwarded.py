"""Mail that an alias sends on: in whose name it goes out, and where its bounces go."""

import pytest

from mailcore.accounts import administration, directory
from mailcore.conf import current, store
from mailcore.envelope import Envelope, EnvelopeRecipient, Notify, Path, Source
from mailcore.queue.content import Content
from mailcore.queue.models import Recipient
from mailcore.routing import homes, router
from mailcore.submit.accept import Origin, accept
from tests.support.homes import attempt_all as local_too
from tests.support.outgoing import HELLO, Start, attempt_all

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


@pytest.fixture(autouse=True)
def aliases() -> None:
    administration.add_domain("ours.test", by="test")
    administration.set_alias("one@ours.test", ["ann@far.test"], by="test")
    administration.set_alias("all@ours.test", ["ann@far.test", "joe@far.test"], by="test")
    store.save("mailauth", {"srs": True}, by="test")
    store.save("general", {"default_domain": "ours.test"}, by="test")
    current.refresh()
    directory.forget()


def send(
    to: str,
    reverse_path: str = "eve@stranger.test",
    source: Source = Source.SMTP,
    notify: frozenset[Notify] = frozenset(),
    orcpt: str = "",
) -> None:
    recipient = EnvelopeRecipient(Path.of(to), notify, orcpt)
    sender = Path.of(reverse_path) if reverse_path else Path("", "")
    envelope = Envelope(sender, (recipient,), source=source)
    accept(envelope, None, Content.of(HELLO), Origin("ESMTP", "peer", "192.0.2.9")).result(10)
    attempt_all()


def said(line: str) -> str:
    """The path of a MAIL command."""
    return line.partition("<")[2].partition(">")[0]


@pytest.mark.parametrize("to", ["one@ours.test", "all@ours.test"])
def test_forwarded_mail_goes_out_in_our_name(remote: Start, to: str) -> None:
    server = remote()
    send(to)
    (mail,) = server.mails
    assert said(mail.mail).startswith("SRS0=")
    assert said(mail.mail).endswith("=stranger.test=eve@ours.test")


def test_what_instructions_send_on_goes_out_in_our_name(remote: Start) -> None:
    administration.add_account("bob@ours.test", "builder99", by="test")
    directory.forget()
    bob = directory.account("bob@ours.test")
    assert bob is not None
    homes.write(homes.make(bob), ".courier", b"&ann@far.test\n")
    server = remote()
    send("bob@ours.test")
    local_too()
    (bob.home / ".courier").unlink()  # another test's account has the same home
    attempt_all()
    (mail,) = server.mails
    assert said(mail.mail).startswith("SRS0=")


def test_the_senders_own_wishes_for_reports_change_nothing(remote: Start) -> None:
    server = remote()
    send(
        "one@ours.test",
        notify=frozenset({Notify.SUCCESS}),
        orcpt="rfc822;one@ours.test",
    )
    assert said(server.mails[0].mail).startswith("SRS0=")


@pytest.mark.parametrize(
    ("to", "reverse_path", "source"),
    [
        ("ann@far.test", "eve@stranger.test", Source.SMTP),  # relayed, not forwarded
        ("one@ours.test", "bob@ours.test", Source.SMTP),
        ("one@ours.test", "eve@stranger.test", Source.AUTHSMTP),
        ("one@ours.test", "", Source.SMTP),
    ],
)
def test_other_mail_keeps_its_reverse_path(
    remote: Start, to: str, reverse_path: str, source: Source
) -> None:
    server = remote()
    send(to, reverse_path, source)
    assert said(server.mails[0].mail) == reverse_path


def test_nothing_is_rewritten_unless_it_is_switched_on(remote: Start) -> None:
    store.save("mailauth", {"srs": False}, by="test")
    current.refresh()
    server = remote()
    send("one@ours.test")
    assert said(server.mails[0].mail) == "eve@stranger.test"
    resolution = router.resolve(Path.of("SRS0=x=y=a.test=b@ours.test"))
    assert resolution.refusal is not None


def test_a_bounce_finds_its_way_to_who_sent_the_mail(remote: Start) -> None:
    server = remote()
    send("one@ours.test", "eve@far.test")
    back = said(server.mails[0].mail)
    send(back, "")
    assert server.mails[1].rcpts[0].startswith("RCPT TO:<eve@far.test>")
    assert said(server.mails[1].mail) == ""


def test_a_made_up_bounce_address_is_nobodys() -> None:
    for local in ("SRS0=aaaaaaaa=aa=far.test=eve", "SRS0=", "SRS1=x=far.test==y=z=a=b"):
        resolution = router.resolve(Path(local, "ours.test"))
        assert resolution.refusal is not None
        assert resolution.refusal.code == 550
    assert not Recipient.objects.exists()
