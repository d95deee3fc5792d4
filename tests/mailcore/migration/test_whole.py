"""The whole configuration as one text: out, changed, and back in."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from mailcore.accounts import administration
from mailcore.accounts.models import Alias, Domain
from mailcore.accounts.undo import undo
from mailcore.conf import store
from mailcore.conf.fields import Setting
from mailcore.conf.schema.registry import SETTINGS
from mailcore.errors import ConfigError
from mailcore.migration import whole
from mailcore.migration.grammar import document

pytestmark = pytest.mark.django_db

LINE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)

LINES = {  # of settings whose items have a grammar of their own
    "policy.access": ["10 allow", '192.0.2.1 allow,BLOCK="550 no, thanks"', "* deny"],
    "policy.dns_lists": ["block list.example=L /127.0.0.2 550 no", "allow list.example *"],
    "imap.extensions_off": ["QRESYNC", "COMPRESS=DEFLATE"],
    "mailboxes.empty_trash": ["Trash:7", "INBOX.Junk:30"],
    "proxy.nodes": ["a mail-a.example.com", "b 192.0.2.7 tls=implicit imap=0 certificate=any"],
    "filters.milters": ["unix:/run/x.sock accept", "inet:127.0.0.1:8891"],
}


def values(setting: Setting) -> st.SearchStrategy[Any]:
    """Anything that `setting` allows."""
    if setting.type is bool:
        return st.booleans()
    if setting.type == tuple[str, ...]:
        words = st.sampled_from(setting.choices) if setting.choices else LINE
        if setting.grammar:
            words = st.sampled_from(LINES[setting.path])
        return st.lists(words, max_size=4).map(tuple)
    if setting.type in (int, float):
        low = int(setting.minimum or 0)
        high = int(setting.maximum) if setting.maximum is not None else low + 10**10
        numbers = st.integers(low, high)
        return numbers if setting.type is int else numbers.map(float)
    if setting.choices:
        return st.sampled_from(setting.choices)
    return LINE if setting.kind != "text" else st.lists(LINE, max_size=5).map("\n".join)


ANY = [setting for section in SETTINGS.values() for setting in section.values()]


@given(st.data())
def test_every_value_of_every_setting_is_read_back(data: st.DataObject) -> None:
    setting = data.draw(st.sampled_from(ANY))
    value = data.draw(values(setting))
    text = document.write({"it": whole.written(setting, value)})
    assert whole.value(setting, document.read(text)["it"]) == value


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("conf", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def configured(db: None) -> None:
    store.save("esmtp", {"size_limit": 10 << 20, "bad_senders": ("a@b.test",)}, by="test")
    store.save("queue", {"route_passwords": ("relay.test me s3cret",)}, by="test")
    store.save("esmtp", {"tarpit": True}, by="test", scope="listener:submission")
    administration.add_domain("example.com", by="test")
    administration.add_domain("old.test", by="test")
    administration.set_domain("old.test", by="test", active=False)
    administration.set_alias("sales@example.com", ["x@example.com", "y@z.test"], by="test")
    administration.set_alias("info@old.test", ["x@example.com"], by="test")


def test_an_export_is_stable_and_applying_it_changes_nothing(
    configured: None, tmp_path: Path
) -> None:
    file = tmp_path / "conf.toml"
    file.write_text(run("export"))
    assert run("export") == file.read_text()
    before = len(store.history())
    assert "Nothing changed." in run("apply", str(file))
    assert len(store.history()) == before


def test_an_empty_server_becomes_what_the_text_says(configured: None, tmp_path: Path) -> None:
    file = tmp_path / "conf.toml"
    file.write_text(run("export", "--secrets"))
    for row in store.history():
        if row.undoable:
            undo(row.id, by="test")
    Alias.objects.all().delete()
    Domain.objects.all().delete()
    assert store.stored() == {}
    run("apply", str(file))
    assert run("export", "--secrets") == file.read_text()
    assert store.values("queue")["route_passwords"] == ("relay.test me s3cret",)


def test_passwords_stay_where_they_are_unless_the_text_has_them(
    configured: None, tmp_path: Path
) -> None:
    text = run("export")
    assert "s3cret" not in text
    file = tmp_path / "conf.toml"
    file.write_text(text.replace('size_limit = "10M"', 'size_limit = "20M"'))
    shown = run("apply", str(file))
    assert "s3cret" not in shown
    assert store.values("esmtp")["size_limit"] == 20 << 20
    assert store.values("queue")["route_passwords"] == ("relay.test me s3cret",)


def test_what_a_table_no_longer_names_goes_and_comes_back_with_undo(configured: None) -> None:
    before = whole.tables(secrets=True)
    applied = whole.apply(
        {"format": 1, "settings": {}, "scopes": {}, "domains": {"example.com": {}}, "aliases": {}},
        summary="Less",
        by="test",
    )
    assert [one.name for one in Domain.objects.all()] == ["example.com"]
    assert Alias.objects.count() == 0
    assert set(store.stored()) == {("", "queue", "route_passwords")}
    assert applied.change_set is not None
    undo(applied.change_set, by="test")
    assert whole.tables(secrets=True) == before


def test_a_text_with_one_table_leaves_the_others_alone(configured: None) -> None:
    whole.apply(
        {"format": 1, "aliases": {"all@example.com": ["sales@example.com"]}},
        summary="Aliases",
        by="test",
    )
    assert [one.address for one in Alias.objects.all()] == ["all@example.com"]
    assert store.values("esmtp")["size_limit"] == 10 << 20
    assert Domain.objects.count() == 2


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({}, "format"),
        ({"format": 2}, "format"),
        ({"format": 1, "setings": {}}, "no table setings"),
        ({"format": 1, "settings": {"esmtp": {"sise": 1}}}, r"no setting esmtp\.sise"),
        ({"format": 1, "settings": {"esmtp": {"max_recipients": 0}}}, "at least 1"),
        ({"format": 1, "settings": {"esmtp": {"size_limit": "much"}}}, "not a size"),
        ({"format": 1, "settings": {"esmtp": {"tarpit": "yes"}}}, "not bool"),
        ({"format": 1, "settings": {"esmtp": 1}}, "must be a table"),
        ({"format": 1, "scopes": {"everybody": {}}}, "no scope"),
        ({"format": 1, "domains": {"nodot": {}}}, "full domain name"),
        ({"format": 1, "domains": {"a.test": {"active": 1}}}, "only active"),
        ({"format": 1, "aliases": {"a@nowhere.test": ["b@c.test"]}}, "no domain nowhere"),
        ({"format": 1, "aliases": {"a@b.test": "c@d.test"}}, "list of addresses"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(tables: dict[str, Any], message: str) -> None:
    wrong = {"domains": {"good.test": {}}} | tables
    with pytest.raises(ConfigError, match=message):
        whole.apply(wrong, summary="Wrong", by="test")
    assert Domain.objects.count() == 0
    assert store.history() == []


def test_a_domain_with_accounts_does_not_go(configured: None) -> None:
    administration.add_account("alice@example.com", "wonderland", by="test")
    with pytest.raises(ConfigError, match="still has 1 accounts"):
        whole.apply({"format": 1, "domains": {}}, summary="None", by="test")
    assert Domain.objects.count() == 2


def test_an_alias_is_not_lost_with_its_domain(configured: None) -> None:
    wanted = {"format": 1, "domains": {}, "aliases": {"sales@example.com": ["x@y.test"]}}
    with pytest.raises(ConfigError, match="not in the table of domains"):
        whole.apply(wanted, summary="Contradiction", by="test")
    assert Alias.objects.count() == 2


def test_the_difference_is_shown_and_not_written(configured: None, tmp_path: Path) -> None:
    file = tmp_path / "conf.toml"
    file.write_text('format = 1\n[domains]\n"example.com" = {}\n"new.test" = {}\n')
    shown = run("diff", str(file))
    assert "domain new.test" in shown
    assert "Nothing is written yet" in shown
    changes = json.loads(run("diff", str(file), "--json"))["changes"]
    assert {(one["what"], one["new"]) for one in changes} == {
        ("domain new.test", "on"),
        ("domain old.test", "-"),
        ("alias info@old.test", "-"),
    }
    assert Domain.objects.count() == 2


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run("apply", "/nonexistent/conf.toml")
