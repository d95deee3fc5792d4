"""A domain's DNS page: what to publish, what is there, its keys and its policy."""

import json
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from mailcore.accounts import administration
from mailcore.conf import current, store
from mailcore.mailauth import keys, published, sts
from tests.support.dkim import quoted
from tests.support.dns import DnsServer

pytestmark = pytest.mark.django_db(databases=["default", "queue"])

PAGE = "/admin/domains/example.com/dns"


@pytest.fixture
def dns(admin: Client) -> Iterator[DnsServer]:
    server = DnsServer({})
    store.save("queue", {"resolvers": (server.address,)}, by="test")
    current.refresh()
    yield server
    server.stop()


def publish(dns: DnsServer) -> None:
    """Everything the page wants, as an administrator would type it."""
    dns.zone["mail.example.test"] = {"A": ["192.0.2.1"]}
    for one in published.records("example.com"):
        value = quoted(one.value) if one.kind == "TXT" else one.value
        dns.zone.setdefault(one.name, {}).setdefault(one.kind, []).append(value)  # type: ignore[attr-defined]


def page(admin: Client, query: str = "?check=1") -> str:
    return admin.get(PAGE + query).content.decode()


def test_the_page_says_what_to_publish_without_asking_anybody(
    admin: Client, dns: DnsServer
) -> None:
    shown = page(admin, "")
    for text in ("v=spf1 mx -all", "_dmarc.example.com", "10 mail.example.test.", "v=TLSRPTv1"):
        assert text in shown
    assert dns.asked == []


def test_what_is_missing_is_said_and_what_is_optional_does_not_count(
    admin: Client, dns: DnsServer
) -> None:
    shown = page(admin)
    assert "3 records still to publish" in shown
    assert "Not there (optional)" in shown


def test_what_is_published_is_seen(admin: Client, dns: DnsServer) -> None:
    admin.post("/admin/domains/example.com/keys", {"do": "make"})
    admin.post("/admin/domains/example.com/sts", {"mode": "testing", "mx": "", "max_age": "604800"})
    current.refresh()
    publish(dns)
    shown = page(admin)
    assert "Everything that is needed can be seen." in shown
    assert "Missing" not in shown
    assert "_mta-sts.example.com" in shown


def test_what_is_different_is_shown_beside_what_is_wanted(admin: Client, dns: DnsServer) -> None:
    publish(dns)
    dns.zone["example.com"] = {"MX": ["5 other.test."], "TXT": ['"v=spf1 ~all"', '"unrelated"']}
    shown = page(admin)
    assert "5 other.test." in shown
    assert "v=spf1 ~all" in shown
    assert "unrelated" not in shown
    assert "2 records still to publish" in shown


def test_a_policy_of_ones_own_is_as_good_as_ours(admin: Client, dns: DnsServer) -> None:
    publish(dns)
    dns.zone["_dmarc.example.com"] = {"TXT": ['"v=DMARC1; p=reject"']}
    assert "Everything that is needed can be seen." in page(admin)


def test_dns_that_does_not_answer_is_not_called_missing(admin: Client, dns: DnsServer) -> None:
    dns.broken |= {one.name for one in published.records("example.com")}
    shown = page(admin)
    assert "No answer" in shown
    assert "Missing" not in shown


def test_what_a_stranger_published_is_only_text(admin: Client, dns: DnsServer) -> None:
    dns.zone["example.com"] = {"TXT": ['"v=spf1 <script>alert(1)</script>"']}
    assert "<script>alert" not in page(admin)


def test_keys_are_made_used_retired_and_removed(admin: Client, dns: DnsServer) -> None:
    def act(do: str, selector: str = "") -> None:
        admin.post("/admin/domains/example.com/keys", {"do": do, "selector": selector})

    store.save("mailauth", {"dkim_algorithms": ("ed25519",)}, by="test")
    current.refresh()
    act("make")
    act("make")  # there is a new one already
    (key,) = keys.listing("example.com")
    act("use", key.selector)
    assert keys.show("example.com", key.selector).state == "new", "DNS has nothing of it"
    dns.zone[key.name] = {"TXT": [quoted(key.text)]}
    act("use", key.selector)
    assert keys.show("example.com", key.selector).state == "active"
    act("remove", key.selector)
    act("retire", key.selector)
    act("remove", key.selector)
    assert keys.listing("example.com") == []
    act("make")
    (key,) = keys.listing("example.com")
    act("use-unseen", key.selector)
    assert keys.show("example.com", key.selector).state == "active"


def test_a_private_key_is_on_no_page(admin: Client, dns: DnsServer) -> None:
    from mailcore.mailauth.models import DkimKey

    admin.post("/admin/domains/example.com/keys", {"do": "make"})
    for row in DkimKey.objects.all():
        assert row.private not in page(admin, "")


@pytest.mark.parametrize(
    "wrong", [{"mode": "perhaps", "max_age": "604800"}, {"mode": "enforce", "max_age": "5"}, {}]
)
def test_a_policy_that_makes_no_sense_is_not_saved(
    admin: Client, dns: DnsServer, wrong: dict[str, str]
) -> None:
    admin.post("/admin/domains/example.com/sts", wrong)
    current.refresh()
    assert sts.policy("example.com") == ""


def test_an_unknown_domain_has_no_page(admin: Client) -> None:
    assert admin.get("/admin/domains/nowhere.test/dns").status_code == 404


def test_a_domain_in_other_letters_is_published_in_dns_own(admin: Client, dns: DnsServer) -> None:
    administration.add_domain("grün.example", by="test")
    current.refresh()
    shown = admin.get("/admin/domains/grün.example/dns").content.decode()
    assert "_dmarc.xn--grn-ioa.example" in shown


def test_the_command_says_the_same(dns: DnsServer) -> None:
    out = StringIO()
    call_command("domain", "dns", "example.com", "--check", "--json", stdout=out)
    found = {one["name"]: one["seen"] for one in json.loads(out.getvalue())}
    assert found["_dmarc.example.com"] == "missing"
    assert found.keys() == {one.name for one in published.records("example.com")}
