"""Keys from their making to their end, by hand and by rotation."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from mailcore.accounts import administration
from mailcore.conf import current, store
from mailcore.conf.models import ChangeSet
from mailcore.dns.resolver import Resolver
from mailcore.errors import ConfigError
from mailcore.mailauth import keyring, keys, sealing
from mailcore.mailauth.models import DkimKey
from tests.support.dkim import quoted
from tests.support.dns import DnsServer
from workers import housekeeping

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


@pytest.fixture(autouse=True)
def domain() -> None:
    administration.add_domain("example.com", by="test")
    current.refresh()


def publish(dns: DnsServer, key: keys.KeyValue) -> None:
    dns.zone[key.name] = {"TXT": [quoted(key.text)]}


def aged(selector: str, **delta: float) -> None:
    """As if the key's state, and its record's first sight, were that old."""
    then = timezone.now() - timedelta(**delta)
    DkimKey.objects.filter(selector=selector).update(since=then, seen=then)


def states() -> dict[str, str]:
    return {each.selector: each.state for each in keys.listing("example.com")}


def keep_up(dns: DnsServer) -> None:
    """An hour later, when no cache remembers what was not there."""
    keys.keep_up(Resolver([dns.address], timeout=5))


def test_a_new_key_tells_its_record_and_signs_nothing_yet() -> None:
    made = keys.add("Example.com", "ed25519", by="test")
    assert made.name.endswith("._domainkey.example.com")
    assert made.text.startswith("v=DKIM1; k=ed25519; p=")
    current.refresh()
    assert keyring.is_empty()
    assert ChangeSet.objects.filter(summary__contains="Make DKIM key").exists()


def test_the_private_key_is_sealed_and_never_shown() -> None:
    made = keys.add("example.com", "ed25519", by="test")
    row = DkimKey.objects.get()
    private = sealing.unseal(row.private, "tests-only")
    assert sealing.public(private) == made.text.partition("p=")[2]
    with pytest.raises(ConfigError):
        sealing.unseal(row.private, "another secret")
    assert row.private not in repr(made)
    assert row.private not in json.dumps([one.diff for one in ChangeSet.objects.all()])


def test_a_key_sealed_with_a_lost_secret_signs_nothing_and_stops_nobody() -> None:
    made = keys.add("example.com", "ed25519", by="test")
    keys.activate("example.com", made.selector, by="test")
    DkimKey.objects.update(private="gAAAA")
    current.refresh()
    assert keyring.keys_for("example.com") == ()


def test_a_key_in_use_signs_for_its_domain_and_those_below() -> None:
    made = keys.add("example.com", "ed25519", by="test", selector="s1")
    keys.activate("example.com", "s1", by="test")
    current.refresh()
    assert [one.selector for one in keyring.keys_for("example.com")] == [made.selector]
    assert keyring.keys_for("mail.example.com") == keyring.keys_for("example.com")
    assert keyring.keys_for("badexample.com") == ()
    assert keyring.keys_for("com") == ()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: keys.add("elsewhere.test", "rsa", by="test"),
        lambda: keys.add("example.com", "dsa", by="test"),
        lambda: keys.add("example.com", "ed25519", by="test", selector="a b"),
        lambda: keys.show("example.com", "none"),
        lambda: keys.activate("example.com", "none", by="test"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(wrong: Callable[[], object]) -> None:
    with pytest.raises(ConfigError):
        wrong()
    assert not DkimKey.objects.exists()


def test_one_selector_names_one_key() -> None:
    keys.add("example.com", "ed25519", by="test", selector="s1")
    with pytest.raises(ConfigError):
        keys.add("example.com", "ed25519", by="test", selector="s1")
    first = keys.add("example.com", "ed25519", by="test")
    second = keys.add("example.com", "ed25519", by="test")
    assert second.selector == first.selector + "-2"


def test_rotation_uses_a_first_key_as_soon_as_dns_has_it(dns: DnsServer) -> None:
    made = keys.add("example.com", "ed25519", by="test", selector="s1")
    keep_up(dns)
    assert states() == {"s1": "new"}
    publish(dns, made)
    keep_up(dns)
    assert states() == {"s1": "active"}


def test_rotation_overlaps(dns: DnsServer) -> None:
    publish(dns, keys.add("example.com", "ed25519", by="test", selector="s1"))
    keep_up(dns)
    aged("s1", days=181)
    keep_up(dns)
    (successor,) = [each for each in keys.listing("example.com") if each.state == "new"]
    keep_up(dns)
    assert len(states()) == 2, "one successor at a time"
    publish(dns, successor)
    keep_up(dns)
    assert states() == {"s1": "active", successor.selector: "new"}, "others may have cached nothing"
    aged(successor.selector, days=3)
    keep_up(dns)
    assert states() == {"s1": "retired", successor.selector: "active"}
    aged("s1", days=8)
    keep_up(dns)
    assert states() == {successor.selector: "active"}


def test_a_record_that_went_again_starts_the_wait_anew(dns: DnsServer) -> None:
    keys.add("example.com", "ed25519", by="test", selector="s1")
    keys.activate("example.com", "s1", by="test")
    made = keys.add("example.com", "ed25519", by="test", selector="s2")
    publish(dns, made)
    keep_up(dns)
    aged("s2", days=3)
    dns.zone.pop(made.name)
    keep_up(dns)
    assert states()["s2"] == "new"
    assert keys.show("example.com", "s2").seen is None


def test_dns_that_does_not_answer_changes_nothing(dns: DnsServer) -> None:
    made = keys.add("example.com", "ed25519", by="test", selector="s1")
    dns.broken.add(made.name)
    keep_up(dns)
    assert states() == {"s1": "new"}


def test_the_hourly_task_keeps_up(dns: DnsServer) -> None:
    store.save("queue", {"resolvers": (dns.address,)}, by="test")
    current.refresh()
    publish(dns, keys.add("example.com", "ed25519", by="test", selector="s1"))
    housekeeping.rotate_keys()
    assert states() == {"s1": "active"}


def run(*arguments: str) -> object:
    out = StringIO()
    call_command("dkim", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_command_does_it_all(dns: DnsServer) -> None:
    store.save("queue", {"resolvers": (dns.address,)}, by="test")
    current.refresh()
    (made,) = run("add", "example.com", "--kind", "ed25519", "--selector", "s1")
    assert made["type"] == "TXT"
    with pytest.raises(CommandError, match="publish it"):
        run("use", "example.com", "s1")
    dns.zone[made["name"]] = {"TXT": [quoted(made["text"])]}
    assert run("check", "example.com", "s1") == {"published": True}
    assert run("use", "example.com", "s1")["state"] == "active"
    (successor,) = run("rotate", "example.com")
    second = successor["name"].partition(".")[0]
    run("use", "example.com", second, "--force")
    assert {one["selector"]: one["state"] for one in run("list")} == {
        "s1": "retired",
        second: "active",
    }
    run("remove", "example.com", "s1")
    with pytest.raises(CommandError, match="retire it first"):
        run("remove", "example.com", second)
    run("retire", "example.com", second)
    assert "private" not in run("show", "example.com", second)


def test_both_kinds_of_key_are_made_unless_one_is_asked_for() -> None:
    made = run("add", "example.com")
    assert [one["text"].partition(" p=")[0] for one in made] == [
        "v=DKIM1; k=rsa;",
        "v=DKIM1; k=ed25519;",
    ]
