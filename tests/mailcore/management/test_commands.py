"""The commands administrators type."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mailcore.accounts import directory
from mailcore.accounts.models import Account
from mailcore.conf import current, store
from mailcore.policy import backscatter

pytestmark = pytest.mark.django_db


def run(*arguments: str, stdin: str = "", monkeypatch: pytest.MonkeyPatch | None = None) -> str:
    out = io.StringIO()
    if monkeypatch is not None:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    call_command(*arguments, stdout=out)
    return out.getvalue()


def read(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


@pytest.fixture
def alice(monkeypatch: pytest.MonkeyPatch) -> str:
    run("domain", "add", "Example.test")
    run("account", "add", "Alice@example.test", "--password-stdin", "--name", "Alice L.",
        "--quota", "2G", stdin="wonderland\n", monkeypatch=monkeypatch)  # fmt: skip
    return "alice@example.test"


def test_a_domain_is_added_listed_switched_off_and_removed() -> None:
    run("domain", "add", "one.test")
    run("domain", "add", "two.test")
    assert [row["name"] for row in read("domain", "list")] == ["one.test", "two.test"]
    run("domain", "set", "one.test", "off")
    assert read("domain", "show", "one.test")["active"] is False
    run("domain", "remove", "one.test")
    with pytest.raises(CommandError, match=r"there is no domain one\.test"):
        run("domain", "show", "one.test")


def test_an_account_shows_what_was_set_and_never_its_password(alice: str) -> None:
    shown = run("account", "show", alice)
    assert "quota: 2G" in shown
    assert "Alice L." in shown
    assert "wonderland" not in shown
    assert "argon2" not in shown


def test_a_password_is_changed_from_standard_input(
    alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Account.objects.get().password
    run("account", "password", alice, "--password-stdin", stdin="looking-glass\n",
        monkeypatch=monkeypatch)  # fmt: skip
    assert Account.objects.get().password != before


def test_without_a_terminal_the_password_must_come_from_stdin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run("domain", "add", "example.test")
    with pytest.raises(CommandError, match="--password-stdin"):
        run("account", "add", "bob@example.test", stdin="x", monkeypatch=monkeypatch)


def test_an_imported_hash_is_kept_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    run("domain", "add", "example.test")
    run("account", "add", "bob@example.test", "--password-stdin", "--hashed",
        stdin="{SSHA}abc\n", monkeypatch=monkeypatch)  # fmt: skip
    assert Account.objects.get().password == "{SSHA}abc"


def test_an_account_is_changed_disabled_and_removed(alice: str) -> None:
    run("account", "set", alice, "--disable", "--quota", "500M", "--admin")
    row = read("account", "show", alice)
    assert (row["active"], row["quota"], row["admin"]) == (False, "500M", True)
    run("account", "remove", alice)
    assert read("account", "list") == []


def test_an_account_is_given_a_node_and_none(alice: str) -> None:
    assert read("account", "show", alice)["node"] == "any"
    run("account", "set", alice, "--node", "mail-b")
    assert read("account", "show", alice)["node"] == "mail-b"
    current.refresh()
    found = directory.account(alice)
    assert found is not None
    assert found.node == "mail-b"
    run("account", "set", alice, "--node", "")
    assert read("account", "show", alice)["node"] == "any"
    with pytest.raises(CommandError, match="can't be the name of a node"):
        run("account", "set", alice, "--node", "no such name")


def test_options_of_an_account_are_set_one_by_one_and_taken_away(alice: str) -> None:
    run("account", "set", alice, "--option", "group=staff sales", "--option", "disableshared")
    assert read("account", "show", alice)["options"] == {
        "group": "staff sales",
        "disableshared": "1",
    }
    run("account", "set", alice, "--option", "disableshared=0", "--quota", "1G")
    assert read("account", "show", alice)["options"] == {"group": "staff sales"}
    with pytest.raises(CommandError, match="there is no option 'grp'"):
        run("account", "set", alice, "--option", "grp=staff")


def test_a_quota_that_is_no_size_is_explained(alice: str) -> None:
    with pytest.raises(CommandError, match="such as 500M"):
        run("account", "set", alice, "--quota", "plenty")


def test_an_alias_is_added_once_replaced_and_removed(alice: str) -> None:
    run("alias", "add", "team@example.test", alice, "ann@far.test")
    with pytest.raises(CommandError, match="already"):
        run("alias", "add", "team@example.test", alice)
    run("alias", "set", "team@example.test", alice)
    assert read("alias", "show", "team@example.test")["targets"] == [alice]
    run("alias", "set", "@example.test", alice)
    assert len(read("alias", "list", "--domain", "example.test")) == 2
    run("alias", "remove", "@example.test")


def test_settings_are_set_shown_undone_and_put_back() -> None:
    run("settings", "set", "auth.failure_window", "1h30m")
    shown = read("settings", "show", "auth.failure_window")
    assert (shown["value"], shown["default"]) == ("1h30m", "15m")
    change = store.history()[0].id
    run("settings", "undo", str(change))
    assert read("settings", "show", "auth.failure_window")["value"] == "15m"
    run("settings", "set", "auth.failure_window", "2h")
    run("settings", "remove", "auth.failure_window")
    assert read("settings", "show", "auth.failure_window")["value"] == "15m"
    assert len(read("settings", "history")) == 4


def test_a_setting_that_does_not_exist_points_to_the_list() -> None:
    with pytest.raises(CommandError, match="settings list"):
        run("settings", "set", "auth.nothing", "1")


def test_every_setting_is_listed_with_its_value() -> None:
    listed = run("settings", "list")
    assert "auth.failures_per_peer" in listed
    assert "queue.retry_alpha" in listed


@pytest.mark.parametrize("command", ["domain", "account", "alias", "settings", "setup", "up"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        call_command(command, "--help")
    assert leaving.value.code == 0
    assert len(capsys.readouterr().out) > 200


def test_a_hostile_name_cannot_write_to_the_terminal(alice: str) -> None:
    Account.objects.update(display_name="\x1b[2Jboo")
    assert "\x1b" not in run("account", "list")


def test_an_address_is_suppressed_listed_and_set_free() -> None:
    run("suppression", "add", "Gone@far.example", "--reason", "asked us to stop")
    (row,) = read("suppression", "list", "--search", "far")
    assert (row["address"], row["reason"]) == ("gone@far.example", "asked us to stop")
    assert read("suppression", "list", "--search", "near") == []
    run("suppression", "remove", "gone@far.example")
    with pytest.raises(CommandError, match="not on the list"):
        run("suppression", "remove", "gone@far.example")
    with pytest.raises(CommandError, match="no mail address"):
        run("suppression", "add", "nobody")


def test_settings_have_scopes() -> None:
    run("settings", "set", "queue.helo", "vanity.test", "--scope", "listener:Vanity")
    assert read("settings", "show", "queue.helo", "--scope", "listener:vanity")["value"] == (
        "vanity.test"
    )
    assert read("settings", "show", "queue.helo")["value"] == ""
    run("settings", "remove", "queue.helo", "--scope", "listener:vanity")
    assert read("settings", "show", "queue.helo", "--scope", "listener:vanity")["value"] == ""
    with pytest.raises(CommandError, match="listener:NAME"):
        run("settings", "show", "queue.helo", "--scope", "vanity")


def test_an_account_is_frozen_listed_and_thawed() -> None:
    run("freeze", "add", "Ann@a.test", "--reason", "asked me why")
    (row,) = read("freeze", "list")
    assert (row["account"], row["reason"]) == ("ann@a.test", "asked me why")
    run("freeze", "remove", "ann@a.test")
    with pytest.raises(CommandError, match="is not frozen"):
        run("freeze", "remove", "ann@a.test")


def test_refused_addresses_are_listed_and_cleared() -> None:
    far = [("bob@far.example", "failed", "No such user.", 7200.0)]
    backscatter.write([*far, ("far.example", "refuses-reports", "", 7200.0)])
    rows = read("backscatter", "list")
    assert [(row["key"], row["why"]) for row in rows] == [
        ("bob@far.example", "failed"),
        ("far.example", "refuses-reports"),
    ]
    run("backscatter", "clear", "Bob@far.example")
    with pytest.raises(CommandError, match="is not refused"):
        run("backscatter", "clear", "bob@far.example")
    run("backscatter", "clear", "all")
    assert read("backscatter", "list") == []
