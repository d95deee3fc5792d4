"""Who may send what to whom, decided on values alone."""

import pytest

from mailcore.envelope import NULL_PATH, Path
from mailcore.policy import access, limits, relay, sender


def test_strangers_reach_only_what_is_ours() -> None:
    assert relay.check_recipient(local=True, authenticated=False, relay_client=False) is None
    refused = relay.check_recipient(local=False, authenticated=False, relay_client=False)
    assert refused is not None
    assert str(refused) == "513 5.7.1 Relaying denied."


@pytest.mark.parametrize(("authenticated", "relay_client"), [(True, False), (False, True)])
def test_only_a_login_or_an_entry_opens_the_relay(authenticated: bool, relay_client: bool) -> None:
    assert (
        relay.check_recipient(local=False, authenticated=authenticated, relay_client=relay_client)
        is None
    )


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "fd00::1", "?"])
def test_nobody_is_trusted_by_default(address: str) -> None:
    assert access.judge(address, (), ()) == access.Access()


@pytest.mark.parametrize(
    ("address", "listed"),
    [
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("192.0.3.1", False),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("fe80::1%eth0", False),
        ("nonsense", False),
    ],
)
def test_networks_contain_their_addresses(address: str, listed: bool) -> None:
    networks = ("192.0.2.0/24", "2001:db8::/32", "not a network")
    found = access.judge(address, networks, ())
    assert found.may_relay is listed
    assert access.judge(address, (), networks).denied is listed


def test_declared_sizes_have_a_limit() -> None:
    assert limits.check_size(100, 100) is None
    assert limits.check_size(101, 100) is not None
    assert limits.check_size(10**12, 0) is None
    assert limits.check_count(3, 3) is None
    assert limits.check_count(4, 3) == limits.TOO_MANY_RECIPIENTS
    assert str(limits.check_count(4, 3, hard=True)) == "531 5.5.3 Too many recipients."


def test_a_plain_name_is_ones_own_in_any_case() -> None:
    assert sender.is_plainly(Path("Alice", "example.com"), "alice@example.com")
    assert sender.is_plainly(NULL_PATH, "alice@example.com")
    assert not sender.is_plainly(Path("bob", "example.com"), "alice@example.com")


def test_sender_domains_have_a_dot() -> None:
    assert sender.check_domain(Path("a", "example.com")) is None
    assert sender.check_domain(Path("a", "[192.0.2.1]")) is None
    assert sender.check_domain(NULL_PATH) is None
    refused = sender.check_domain(Path("a", "localhost"))
    assert refused is not None
    assert refused.code == 517


def test_mail_for_listed_domains_is_passed_on_for_anybody() -> None:
    assert relay.passes_on("backup.test", ("other.test", "Backup.test"))
    assert relay.passes_on("mx.backup.test", (".backup.test",))
    assert not relay.passes_on("backup.test", (".backup.test",))
    assert not relay.passes_on("notbackup.test", ("backup.test", ".backup.test"))
    assert not relay.passes_on("anything.test", ())
