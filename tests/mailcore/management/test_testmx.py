"""`manage.py testmx`: what would happen, and nothing does."""

import io
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command

from mailcore.tlspolicy.models import StsPolicy
from tests.support.dns import DnsServer
from tests.support.outgoing import configure

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


@pytest.fixture
def names() -> Iterator[DnsServer]:
    server = DnsServer(
        {
            "far.test": {"MX": ["20 b.far.test.", "10 a.far.test."]},
            "a.far.test": {"A": ["198.51.100.1"], "AAAA": ["2001:db8::1"]},
            "b.far.test": {"A": ["198.51.100.2"]},
            "null.test": {"MX": ["0 ."]},
            "broken.test": {"MX": ["10 192.0.2.9."]},
        }
    )
    configure(resolvers=(server.address,), dns_timeout=5)
    yield server
    server.stop()


def said(name: str) -> str:
    out = io.StringIO()
    call_command("testmx", name, stdout=out)
    return out.getvalue()


def test_servers_are_listed_in_order(names: DnsServer) -> None:
    lines = said("far.test").splitlines()
    assert lines[0] == "Domain far.test:"
    assert [line for line in lines if line.startswith("Relay")] == [
        "Relay: a.far.test, Priority: 10, Address: 198.51.100.1, Port: 25",
        "Relay: a.far.test, Priority: 10, Address: 2001:db8::1, Port: 25",
        "Relay: b.far.test, Priority: 20, Address: 198.51.100.2, Port: 25",
    ]
    assert "    TLS where it is offered" in lines


def test_static_routes_are_told(names: DnsServer) -> None:
    configure(routes=("far.test:[192.0.2.7],465 /SECURITY=SMTPS",))
    text = said("far.test")
    assert "Static route: [192.0.2.7]" in text
    assert "Address: 192.0.2.7, Port: 465" in text
    assert "TLS from the start" in text


def test_policies_are_told(names: DnsServer) -> None:
    configure("outgoing", mta_sts=True)
    StsPolicy.objects.create(
        domain="far.test", record_id="1", mode="enforce", hosts=["a.far.test"], max_age=86400,
        fetched_at=9e9,
    )  # fmt: skip
    text = said("far.test")
    assert "TLS required, certificate verified\n    MTA-STS: version: STSv1; mode: enforce" in text
    assert "not named by the policy: not used" in text


@pytest.mark.parametrize(
    ("name", "why"),
    [("null.test", "does not receive mail"), ("broken.test", "violates RFC 1035"),
     ("nowhere.test", "No such domain")],
)  # fmt: skip
def test_domains_without_a_server_say_why(names: DnsServer, name: str, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        said(name)
