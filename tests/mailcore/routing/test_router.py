"""Where a forward-path leads: accounts, extensions, aliases within aliases, elsewhere."""

import pytest

from mailcore.accounts import directory
from mailcore.accounts.models import Account, Alias, Domain
from mailcore.conf import current, store
from mailcore.envelope import Path
from mailcore.routing import homes, router
from mailcore.routing.router import Resolution

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


@pytest.fixture(autouse=True)
def people() -> Domain:
    domain = Domain.objects.create(name="here.test")
    for name in ("ann", "bob", "list-dev", "root"):
        Account.objects.create(
            address=f"{name}@here.test", domain=domain, password="x", maildir=f"h/{name}"
        )
    Account.objects.create(
        address="off@here.test", domain=domain, password="x", maildir="h/off", active=False
    )
    for address, targets in {
        "team@here.test": ["ann@here.test", "bob", "team-far@here.test", "ann@here.test"],
        "team-far@here.test": ["x@far.test", "team@here.test"],
        "one@here.test": ["x@far.test"],
        "joe@here.test": ["joe@here.test", "x@far.test"],
        "bob@here.test": ["bob@here.test", "backup@far.test"],
        "empty@here.test": ["nobody@here.test"],
        "loop@here.test": ["loop2@here.test"],
        "loop2@here.test": ["loop@here.test"],
        "junk@here.test": ["not an address", "|program", "ann@here.test"],
    }.items():
        Alias.objects.create(address=address, domain=domain, targets=targets)
    return domain


def resolve(address: str) -> Resolution:
    return router.resolve(Path.of(address))


def reached(address: str) -> list[str]:
    return [f"{each.transport}:{each.path}" for each in resolve(address).destinations]


def test_an_account_in_any_case_is_local() -> None:
    found = resolve("ANN@Here.TEST")
    assert found.local
    assert [(each.transport, each.host) for each in found.destinations] == [
        ("local", "ann@here.test")
    ]


@pytest.mark.parametrize(
    "address", ["ann+x@here.test", "ann+x+y@here.test", "list-dev+z@here.test"]
)
def test_extensions_belong_to_their_account(address: str) -> None:
    [only] = resolve(address).destinations
    assert only.host == address.split("+")[0] + "@here.test"
    assert str(only.path) == address


@pytest.mark.parametrize(
    "address", ["nobody@here.test", ".ann@here.test", "ann!x@here.test", "+x@here.test",
                "a/../b@here.test", "loop@here.test", "empty@here.test"],
)  # fmt: skip
def test_nobody_is_refused(address: str) -> None:
    refusal = resolve(address).refusal
    assert refusal is not None
    assert (refusal.code, str(refusal.status)) == (550, "5.1.1")


def test_a_disabled_account_is_refused_as_such() -> None:
    refusal = resolve("off@here.test").refusal
    assert refusal is not None
    assert str(refusal.status) == "5.2.1"


def test_other_domains_go_by_esmtp_with_their_case_kept() -> None:
    found = resolve("Some.One@Far.Test")
    assert not found.local
    assert str(found.destinations[0].path) == "Some.One@far.test"
    assert found.destinations[0].host == "far.test"


def test_aliases_are_expanded_through_cycles_with_nobody_twice() -> None:
    assert reached("team@here.test") == [
        "local:ann@here.test",
        "local:bob@here.test",
        "esmtp:backup@far.test",
        "esmtp:x@far.test",
    ]
    assert resolve("team@here.test").is_list


def test_one_member_forwards_several_are_a_list() -> None:
    assert resolve("one@here.test").alias
    assert not resolve("one@here.test").is_list
    assert resolve("bob@here.test").is_list


def test_an_alias_naming_itself_keeps_a_copy() -> None:
    assert reached("bob@here.test") == ["local:bob@here.test", "esmtp:backup@far.test"]


def test_a_target_that_is_no_address_is_passed_over() -> None:
    assert reached("junk@here.test") == ["local:ann@here.test"]


def test_catch_all_catches_what_nothing_else_does(people: Domain) -> None:
    Alias.objects.create(address="@here.test", domain=people, targets=["root@here.test"])
    directory.forget()
    assert reached("whoever@here.test") == ["local:root@here.test"]
    assert reached("ann@here.test") == ["local:ann@here.test"]


def test_postmaster_is_read_at_every_domain(people: Domain) -> None:
    store.save("general", {"postmaster": "root@here.test"}, by="test")
    current.refresh()
    [only] = resolve("PostMaster@here.test").destinations
    assert only.host == "root@here.test"
    assert resolve("postmaster@mail.example.test").destinations[0].host == "root@here.test"


def test_the_cache_knows_only_what_was_asked() -> None:
    path = Path.of("ann@here.test")
    assert router.cached(path) is None
    resolution = router.resolve(path)
    assert router.cached(path) == resolution
    assert router.cached(Path.of("x@far.test")) is not None


def test_a_thousand_aliases_within_aliases_end(people: Domain) -> None:
    for number in range(60):
        targets = [f"a{number + 1}@here.test"] * 2 + [f"b{number + 1}@here.test"]
        Alias.objects.create(address=f"a{number}@here.test", domain=people, targets=targets)
        Alias.objects.create(address=f"b{number}@here.test", domain=people, targets=targets)
    assert resolve("a0@here.test").refusal is not None


@pytest.mark.parametrize(
    ("file", "spoken_for"),
    [
        (".courier-info", True),
        (".courier-default", True),
        (".courier-other", False),
        (".courier", False),
        (None, False),
    ],
)
def test_nobody_is_somebody_when_the_account_alias_has_instructions(
    people: Domain, file: str | None, spoken_for: bool
) -> None:
    Account.objects.create(
        address="alias@here.test", domain=people, password="x", maildir=f"h/alias-{file}"
    )
    directory.forget()
    if file:
        alias = directory.account("alias@here.test")
        assert alias is not None
        homes.write(homes.make(alias), file, b"./box\n")
    assert router.cached(Path.of("info@here.test")) is None, "that takes a look at the disk"
    found = resolve("info@here.test")
    if spoken_for:
        assert [(each.host, str(each.path)) for each in found.destinations] == [
            ("alias@here.test", "info@here.test")
        ]
    else:
        assert found.refusal is not None
    assert resolve("ann@here.test").destinations[0].host == "ann@here.test"
