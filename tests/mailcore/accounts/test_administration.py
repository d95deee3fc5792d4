"""Making and removing domains, accounts and aliases."""

import pytest

from mailcore.accounts import administration, directory
from mailcore.accounts.models import Account, Alias
from mailcore.conf import current, store
from mailcore.errors import ConfigError

pytestmark = pytest.mark.django_db
BY = "test"


@pytest.fixture
def domain() -> str:
    administration.add_domain("Example.TEST", by=BY)
    current.refresh()
    return "example.test"


def test_a_domain_is_stored_in_lower_case_and_once(domain: str) -> None:
    assert directory.hosted_domains() == {"example.test"}
    with pytest.raises(ConfigError, match="already"):
        administration.add_domain("example.test.", by=BY)


@pytest.mark.parametrize("name", ["", "test", "a b.test", "-x.test", "x/../y.test", "x\n.test"])
def test_what_is_no_domain_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        administration.add_domain(name, by=BY)


def test_an_account_is_found_in_any_case_and_its_maildir_is_below_the_mail_directory(
    domain: str,
) -> None:
    administration.add_account("Alice@Example.Test", "wonderland", by=BY)
    current.refresh()
    found = directory.account("ALICE@example.test")
    assert found is not None
    assert found.maildir.parts[-3:] == ("mail", "example.test", "alice")


@pytest.mark.parametrize("local", ["..", ".hidden", "a/b", "a%b", '"a b"', "x" * 64])
def test_no_local_part_becomes_a_path(domain: str, local: str) -> None:
    made = administration.add_account(f"{local}@{domain}", "wonderland", by=BY)
    parts = made.maildir.split("/")
    assert len(parts) == 2
    assert not parts[1].startswith(".")


def test_a_short_password_is_refused_and_nothing_is_made(domain: str) -> None:
    with pytest.raises(ConfigError, match="at least 8"):
        administration.add_account(f"bob@{domain}", "short", by=BY)
    assert not Account.objects.exists()


def test_an_account_needs_its_domain_first() -> None:
    with pytest.raises(ConfigError, match="add it first"):
        administration.add_account("bob@nowhere.test", "wonderland", by=BY)


def test_a_domain_with_accounts_is_not_removed(domain: str) -> None:
    administration.add_account(f"bob@{domain}", "wonderland", by=BY)
    with pytest.raises(ConfigError, match="still has 1 accounts"):
        administration.remove_domain(domain, by=BY)


def test_an_alias_drops_doubles_and_keeps_order(domain: str) -> None:
    administration.set_alias(f"team@{domain}", ["b@x.test", "a@x.test", "b@x.test"], by=BY)
    current.refresh()
    assert directory.alias(f"TEAM@{domain}") == ("b@x.test", "a@x.test")


def test_an_alias_may_not_swallow_an_account_unless_it_keeps_its_mail(domain: str) -> None:
    administration.add_account(f"bob@{domain}", "wonderland", by=BY)
    with pytest.raises(ConfigError, match="list it as a target"):
        administration.set_alias(f"bob@{domain}", ["c@x.test"], by=BY)
    administration.set_alias(f"bob@{domain}", ["c@x.test", f"bob@{domain}"], by=BY)


def test_what_is_cached_is_forgotten_with_the_next_revision(domain: str) -> None:
    assert directory.account(f"bob@{domain}") is None
    assert directory.cached_account(f"bob@{domain}") is None
    administration.add_account(f"bob@{domain}", "wonderland", by=BY)
    assert directory.cached_account(f"bob@{domain}") is None
    current.refresh()
    assert directory.cached_account(f"bob@{domain}") is directory.UNKNOWN
    assert directory.account(f"bob@{domain}") is not None


def test_every_change_names_who_made_it_and_no_password(domain: str) -> None:
    administration.add_account(f"bob@{domain}", "wonderland", by="eve")
    administration.set_password(f"bob@{domain}", "looking-glass", by="eve")
    told = [(past.by, past.summary) for past in store.history()]
    assert ("eve", f"Change the password of bob@{domain}") in told
    assert not any("wonderland" in what or "looking" in what for _, what in told)


def test_many_aliases_are_set_and_removed_at_once() -> None:
    administration.add_domain("many.test", by="test")
    administration.set_alias("a0@many.test", ["old@many.test"], by="test")
    wanted = {f"A{number}@Many.test": ["x@many.test", "x@many.test"] for number in range(1_200)}
    administration.set_aliases(wanted, by="test")
    assert Alias.objects.count() == 1_200
    assert Alias.objects.get(address="a0@many.test").targets == ["x@many.test"]
    administration.remove_aliases([name.lower() for name in wanted], by="test")
    assert Alias.objects.count() == 0


def test_of_many_aliases_one_bad_one_means_that_none_is_set() -> None:
    administration.add_domain("many.test", by="test")
    administration.add_account("alice@many.test", "wonderland", by="test")
    for bad in ("x@elsewhere.test", "alice@many.test"):
        with pytest.raises(ConfigError):
            administration.set_aliases(
                {"good@many.test": ["x@y.test"], bad: ["x@y.test"]}, by="test"
            )
    assert Alias.objects.count() == 0
