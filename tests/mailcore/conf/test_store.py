"""Settings as rows: change sets, undo, snapshots."""

import pytest

from mailcore.conf import current, store
from mailcore.errors import ConfigError

pytestmark = pytest.mark.django_db


def test_a_save_is_in_force_after_a_refresh_and_not_before() -> None:
    before = current.snapshot()
    store.save("auth", {"failures_per_peer": 3}, by="eve")
    assert current.snapshot() is before
    assert current.refresh().auth.failures_per_peer == 3
    assert before.auth.failures_per_peer == 12


def test_saving_what_is_so_already_makes_no_change_set() -> None:
    assert store.save("auth", {"failures_per_peer": 12}, by="eve") is None
    assert store.history() == []


def test_one_bad_value_means_nothing_is_saved() -> None:
    with pytest.raises(ConfigError):
        store.save("auth", {"failures_per_account": 7, "failures_per_peer": -1}, by="eve")
    assert store.values("auth")["failures_per_account"] == 60


def test_undo_puts_everything_back_and_is_history_itself() -> None:
    change = store.save("auth", {"failures_per_peer": 3, "backends": ("database",)}, by="eve")
    assert change is not None
    store.undo(change, by="adam")
    assert store.values("auth")["failures_per_peer"] == 12
    newest, oldest = store.history()
    assert (newest.by, oldest.undone) == ("adam", True)


def test_an_undo_may_be_undone() -> None:
    change = store.save("auth", {"failures_per_peer": 3}, by="eve")
    assert change is not None
    store.undo(store.undo(change, by="eve"), by="eve")
    assert store.values("auth")["failures_per_peer"] == 3


def test_what_was_changed_again_since_is_not_undone() -> None:
    first = store.save("auth", {"failures_per_peer": 3}, by="eve")
    store.save("auth", {"failures_per_peer": 4}, by="eve")
    assert first is not None
    with pytest.raises(ConfigError, match="changed again"):
        store.undo(first, by="eve")
    assert store.values("auth")["failures_per_peer"] == 4


def test_a_change_is_undone_once_only() -> None:
    change = store.save("auth", {"failures_per_peer": 3}, by="eve")
    assert change is not None
    store.undo(change, by="eve")
    with pytest.raises(ConfigError, match="cannot be undone"):
        store.undo(change, by="eve")


def test_a_setting_nobody_declared_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no setting auth\.frobnicate"):
        store.save("auth", {"frobnicate": 1}, by="eve")


def test_a_narrower_scope_lies_over_the_servers_value() -> None:
    store.save("auth", {"failures_per_peer": 3}, by="eve")
    store.save("auth", {"failures_per_peer": 4}, by="eve", scope="domain:example.test")
    assert store.values("auth", "domain:example.test")["failures_per_peer"] == 4
    assert store.values("auth")["failures_per_peer"] == 3
    assert current.refresh().auth.failures_per_peer == 3


def test_a_snapshot_lays_a_scopes_values_over_its_own_and_makes_that_once() -> None:
    store.save("queue", {"helo": "server.test", "source_ipv4": "192.0.2.1"}, by="eve")
    store.save("queue", {"helo": "vanity.test"}, by="eve", scope="listener:vanity")
    everyone = current.refresh()
    scoped = everyone.scoped("listener:vanity")
    assert (scoped.queue.helo, scoped.queue.source_ipv4) == ("vanity.test", "192.0.2.1")
    assert scoped is everyone.scoped("listener:vanity", "listener:other")
    assert everyone.scoped("listener:other") is everyone
    assert scoped.revision == everyone.revision


def test_the_listener_that_took_mail_counts_before_the_login_that_sent_it() -> None:
    store.save("queue", {"helo": "by-domain"}, by="eve", scope="domain:example.test")
    store.save("queue", {"helo": "by-account"}, by="eve", scope="account:ann@example.test")
    store.save("queue", {"helo": "by-listener"}, by="eve", scope="listener:vanity")
    settings = current.refresh()
    assert settings.for_mail("", "").queue.helo == ""
    assert settings.for_mail("smtp", "bob@example.test").queue.helo == "by-domain"
    assert settings.for_mail("smtp", "Ann@Example.test").queue.helo == "by-account"
    assert settings.for_mail("vanity", "ann@example.test").queue.helo == "by-listener"
