"""Logging in: cache, throttle, imported hashes."""

import pytest
from passlib.hash import md5_crypt

from mailcore.accounts import administration, passwords
from mailcore.accounts.models import Account
from mailcore.auth import login, throttle
from mailcore.conf import current, store
from mailcore.envelope import NULL_PATH, Path
from mailcore.errors import TemporaryFailure
from tests.support.valkey import Valkey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bus")]
ALICE = "alice@example.test"
HOME = {"service": "imap", "peer": "192.0.2.1"}


@pytest.fixture(autouse=True)
def alice() -> None:
    administration.add_domain("example.test", by="test")
    administration.add_account(ALICE, "wonderland", by="test")
    current.refresh()


def test_the_right_password_gives_the_identity_and_a_wrong_one_none() -> None:
    identity = login.verify("Alice@Example.test", "wonderland", **HOME)
    assert identity is not None
    assert identity.address == ALICE
    assert login.verify(ALICE, "Wonderland", **HOME) is None
    assert login.verify("nobody@example.test", "wonderland", **HOME) is None


def test_a_verified_password_is_remembered_without_io() -> None:
    assert login.verify_cached(ALICE, "wonderland", **HOME) is None
    login.verify(ALICE, "wonderland", **HOME)
    assert login.verify_cached(ALICE, "wonderland", **HOME) is not None
    assert login.verify_cached(ALICE, "wonderland!", **HOME) is None


def test_a_changed_password_ends_what_was_remembered() -> None:
    login.verify(ALICE, "wonderland", **HOME)
    administration.set_password(ALICE, "looking-glass", by="test")
    current.refresh()
    assert login.verify_cached(ALICE, "wonderland", **HOME) is None
    assert login.verify(ALICE, "wonderland", **HOME) is None
    assert login.verify(ALICE, "looking-glass", **HOME) is not None


def test_a_disabled_account_or_domain_lets_nobody_in() -> None:
    login.verify(ALICE, "wonderland", **HOME)
    administration.set_account(ALICE, active=False, by="test")
    current.refresh()
    assert login.verify(ALICE, "wonderland", **HOME) is None
    administration.set_account(ALICE, active=True, by="test")
    administration.set_domain("example.test", active=False, by="test")
    current.refresh()
    assert login.verify(ALICE, "wonderland", **HOME) is None


def test_a_service_can_be_switched_off_for_one_account() -> None:
    Account.objects.update(options={"disablepop3": 1})
    assert login.verify(ALICE, "wonderland", service="pop3", peer="192.0.2.1") is None
    assert login.verify(ALICE, "wonderland", **HOME) is not None


def test_an_imported_hash_is_renewed_at_the_first_login() -> None:
    administration.set_password(ALICE, md5_crypt.hash("old times"), by="test", hashed=True)
    current.refresh()
    assert login.verify(ALICE, "old times", **HOME) is not None
    stored = Account.objects.get(address=ALICE)
    assert passwords.is_ours(stored.password)
    assert stored.scram_sha256
    current.refresh()
    assert login.verify(ALICE, "old times", **HOME) is not None


def guess(times: int, peer: str, name: str = ALICE) -> None:
    for count in range(times):
        login.verify(name, f"guess {count}", service="imap", peer=peer)


def test_a_peer_that_guesses_has_to_wait_whatever_it_says_next() -> None:
    store.save("auth", {"failures_per_peer": 3}, by="test")
    current.refresh()
    guess(3, "192.0.2.66")
    with pytest.raises(TemporaryFailure, match="Too many failed logins"):
        login.verify(ALICE, "wonderland", service="smtp", peer="192.0.2.66")
    assert login.verify(ALICE, "wonderland", **HOME) is not None


def test_an_ipv6_peer_does_not_escape_within_its_own_network() -> None:
    store.save("auth", {"failures_per_peer": 3}, by="test")
    current.refresh()
    for host in range(3):
        guess(1, f"2001:db8::{host:x}")
    with pytest.raises(TemporaryFailure):
        login.verify(ALICE, "wonderland", service="imap", peer="2001:db8::99")


def test_guessing_at_an_account_from_everywhere_does_not_lock_its_owner_out() -> None:
    store.save("auth", {"failures_per_account": 4}, by="test")
    current.refresh()
    login.verify(ALICE, "wonderland", **HOME)
    login.forget()
    for host in range(4):
        guess(1, f"198.51.100.{host}")
    with pytest.raises(TemporaryFailure):
        login.verify(ALICE, "wonderland", service="imap", peer="203.0.113.9")
    assert login.verify(ALICE, "wonderland", **HOME) is not None


def test_the_throttle_works_on_in_this_process_while_valkey_is_away(
    valkey: Valkey, settings: object
) -> None:
    settings.COURIER_REDIS_URL = "unix:///nonexistent/valkey.sock"  # type: ignore[attr-defined]
    rules = current.snapshot().auth
    for _ in range(rules.failures_per_peer):
        throttle.failed("x@example.test", "192.0.2.77", rules)
    with pytest.raises(TemporaryFailure):
        throttle.check("y@example.test", "192.0.2.77", rules)


@pytest.mark.parametrize("name", ["", "\0", "a\nb@example.test", "x" * 400, "*", "%", "' or 1=1"])
def test_a_hostile_name_is_simply_nobody(name: str) -> None:
    assert login.verify(name, "wonderland", **HOME) is None


def test_an_identity_sends_as_its_address_its_extensions_and_its_own_aliases() -> None:
    administration.set_alias("a.liddell@example.test", [ALICE], by="test")
    administration.set_alias("team@example.test", [ALICE, "bob@example.test"], by="test")
    current.refresh()
    identity = login.verify(ALICE, "wonderland", **HOME)
    assert identity is not None
    for mine in (ALICE, "Alice@example.test", "alice+shop@example.test", "a.liddell@example.test"):
        assert identity.may_send_as(Path.of(mine)), mine
    assert identity.may_send_as(NULL_PATH)
    for other in ("bob@example.test", "team@example.test", "alice@other.test"):
        assert not identity.may_send_as(Path.of(other)), other
