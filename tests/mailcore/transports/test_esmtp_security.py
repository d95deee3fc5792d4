"""SECURITY= of routes and messages, private authorities, REQUIRETLS.  Courier, RFC 8689."""

import ssl
from pathlib import Path

import pytest

from mailcore.envelope import Security
from mailcore.queue.models import Recipient
from tests.support.authority import Authority
from tests.support.outgoing import Start, attempt_all, configure, send
from tests.support.remote import FULL

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

COURIER = (*FULL, "XVERP=Courier", "XEXDATA", "XSECURITY=NONE,STARTTLS")
VIA = "far.test:[127.0.0.1],{port}"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def outcome() -> tuple[str, str]:
    row = Recipient.objects.get()
    return row.action, row.status


def test_security_starttls_needs_the_private_authority(remote: Start, authority: Authority) -> None:
    server = remote(extensions=COURIER, tls=authority.server("127.0.0.1"))
    send("ann@far.test", minimum_security=Security.STARTTLS)
    attempt_all()
    assert outcome() == ("failed", "5.7.10")
    assert "Unable to set minimum security level" in Recipient.objects.get().reply
    assert server.lines == []
    Recipient.objects.all().delete()
    configure("outgoing", private_authority=str(authority.file))
    send("ann@far.test", minimum_security=Security.STARTTLS)
    attempt_all()
    assert len(server.mails) == 1
    assert " SECURITY=STARTTLS" in server.mails[0].mail


def test_a_route_can_force_the_private_authority(remote: Start, authority: Authority) -> None:
    server = remote(
        route=VIA + " /SECURITY=STARTTLS", extensions=COURIER, tls=authority.server("127.0.0.1")
    )
    configure("outgoing", private_authority=str(authority.file))
    send("ann@far.test")
    attempt_all()
    assert " SECURITY=STARTTLS" in server.mails[0].mail


@pytest.mark.parametrize("fault", ["no-xsecurity", "no-starttls", "stranger", "name", "expired"])
def test_whatever_the_private_authority_finds_is_permanent(
    remote: Start, authority: Authority, tmp_path: Path, fault: str
) -> None:
    signer = Authority(tmp_path, "Somebody else") if fault == "stranger" else authority
    names = "other.test" if fault == "name" else "127.0.0.1"
    tls = None if fault == "no-starttls" else signer.server(names, expired=fault == "expired")
    server = remote(extensions=FULL if fault == "no-xsecurity" else COURIER, tls=tls)
    configure("outgoing", private_authority=str(authority.file))
    send("ann@far.test", minimum_security=Security.STARTTLS)
    attempt_all()
    assert outcome() == ("failed", "5.7.10")
    assert server.mails == []


def test_a_connection_in_clear_is_not_used_for_mail_that_wants_security(
    remote: Start, authority: Authority
) -> None:
    server = remote(extensions=COURIER, tls=authority.server("127.0.0.1"))
    configure("outgoing", private_authority=str(authority.file))
    configure(use_starttls=False)
    for level in ("", Security.STARTTLS, ""):
        send("ann@far.test", minimum_security=level)
    attempt_all()
    assert sorted("SECURITY=" in mail.mail for mail in server.mails) == [False, False, True]
    assert server.connections == 2


@pytest.mark.parametrize("offers", [True, False])
def test_required_takes_any_certificate_but_no_clear_text(
    remote: Start, authority: Authority, offers: bool
) -> None:
    tls = authority.server("other.test") if offers else None
    server = remote(route=VIA + " /SECURITY=REQUIRED", tls=tls)
    send("ann@far.test")
    attempt_all()
    assert len(server.mails) == int(offers)
    assert "SECURITY=" not in "".join(mail.mail for mail in server.mails)


def test_smtps_is_encrypted_from_the_start(remote: Start, authority: Authority) -> None:
    tls = authority.server("127.0.0.1")
    server = remote(route=VIA + " /SECURITY=SMTPS", tls=tls, implicit=True)
    send("ann@far.test")
    attempt_all()
    assert len(server.mails) == 1
    assert server.said("STARTTLS") == []


@pytest.mark.parametrize(
    ("name", "expired", "goes"),
    [("127.0.0.1", False, True), ("other.test", False, False), ("127.0.0.1", True, False)],
)
def test_a_certificate_is_verified_against_the_configured_store(
    remote: Start, authority: Authority, name: str, expired: bool, goes: bool
) -> None:
    server = remote(tls=authority.server(name, expired=expired))
    configure(tls_verify=True)
    configure("outgoing", tls_authorities=str(authority.file))
    send("ann@far.test")
    attempt_all()
    assert len(server.mails) == int(goes)
    if not goes:
        assert outcome() == ("delayed", "4.4.1")


def test_the_systems_authorities_do_not_know_ours(remote: Start, authority: Authority) -> None:
    server = remote(tls=authority.server("127.0.0.1"))
    configure(tls_verify=True)
    send("ann@far.test")
    attempt_all()
    assert server.mails == []
    assert "TLS handshake failed" in Recipient.objects.get().reply


def test_a_relay_may_ask_for_our_certificate_instead_of_a_password(
    remote: Start, authority: Authority
) -> None:
    tls = authority.server("127.0.0.1")
    tls.load_verify_locations(authority.file)
    tls.verify_mode = ssl.CERT_REQUIRED
    server = remote(extensions=(*FULL, "AUTH EXTERNAL PLAIN"), tls=tls)
    certificate, key = authority.issue("client.test")
    configure("outgoing", tls_certificate=str(certificate), tls_key=str(key))
    configure(route_passwords=("[127.0.0.1] me@client.test",))
    send("ann@far.test")
    attempt_all()
    assert server.said("AUTH") == ["AUTH EXTERNAL bWVAY2xpZW50LnRlc3Q="]
    assert len(server.mails) == 1


@pytest.mark.parametrize("offers", [True, False])
def test_requiretls_goes_only_to_who_offers_it(
    remote: Start, authority: Authority, offers: bool
) -> None:
    more = ("REQUIRETLS",) if offers else ()
    server = remote(extensions=(*FULL, *more), tls=authority.server("127.0.0.1"))
    configure("outgoing", tls_authorities=str(authority.file))
    send("ann@far.test", minimum_security=Security.REQUIRETLS)
    attempt_all()
    if offers:
        assert server.mails[0].mail.endswith(" REQUIRETLS")
    else:
        assert outcome() == ("failed", "5.7.30")
        assert server.mails == []


@pytest.mark.parametrize("name", ["", "other.test"])
def test_requiretls_never_goes_in_clear_or_to_a_stranger(
    remote: Start, authority: Authority, name: str
) -> None:
    server = remote(extensions=(*FULL, "REQUIRETLS"), tls=authority.server(name) if name else None)
    configure("outgoing", tls_authorities=str(authority.file))
    send("ann@far.test", minimum_security=Security.REQUIRETLS)
    attempt_all()
    assert server.mails == []
    assert outcome()[0] == "delayed"
