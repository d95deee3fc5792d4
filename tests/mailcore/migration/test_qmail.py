"""A whole /var/qmail."""

from pathlib import Path
from typing import Any

import pytest

from mailcore.accounts import administration
from mailcore.conf import current
from mailcore.envelope import Path as Address
from mailcore.migration import apply, read
from mailcore.migration.plan import Plan, Verdict
from mailcore.routing import router
from mailcore.transports.esmtp import routes
from tests.mailcore.migration.conftest import DATA

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    return read.plan(DATA / "qmail", None, Path("/nonexistent"), "old.test", "")


def setting(plan: Plan, path: str) -> Any:
    return plan.settings["", path]


def told(plan: Plan, verdict: Verdict) -> dict[str, str]:
    return {str(note.where): note.text for note in plan.notes if note.verdict is verdict}


def test_control_files_become_settings(plan: Plan) -> None:
    assert setting(plan, "general.me") == "mail.example.com"
    assert setting(plan, "general.default_domain") == "example.com"
    assert setting(plan, "esmtp.size_limit") == 30_000_000
    assert setting(plan, "queue.expire_after") == 259_200
    assert setting(plan, "queue.esmtp_slots") == 60
    assert setting(plan, "esmtp.bad_senders") == ("spam@bad.test", "@junk.test")
    assert setting(plan, "esmtp.greeting") == "ESMTP no spam"
    assert setting(plan, "queue.dsn_from") == "bounces@mail.example.com"
    assert setting(plan, "general.postmaster") == "root@mail.example.com"


def test_routes_are_put_in_the_order_of_their_closeness(plan: Plan) -> None:
    lines = setting(plan, "queue.routes")
    assert routes.find("host.inside.test", lines).relay == "relay.inside.test"
    assert routes.find("host.inside.test", lines).port == 2525
    assert routes.find("other.inside.test", lines).relay == "[192.0.2.40]"
    assert routes.find("direct.test", lines).relay == ""
    assert routes.find("anywhere.test", lines).relay == "smart.example.net"
    logins = setting(plan, "queue.route_passwords")
    assert routes.login("smart.example.net", "", logins) == ("courier", "s3cret-word")
    assert not any("s3cret" in note.old + note.text for note in plan.notes)


def test_virtual_domains_lead_to_their_users(plan: Plan) -> None:
    assert plan.aliases["@virtual.example"] == ("dave@example.com",)
    assert plan.aliases["sales@example.com"] == ("alice@example.com",)
    assert "pop.example" in plan.domains
    assert "@pop.example" not in plan.aliases
    assert told(plan, Verdict.DECIDE)["virtualdomains:5"] == "name the domains one by one"
    assert told(plan, Verdict.UNREAD)["virtualdomains:7"] == "no domain:user"


def test_mail_for_other_servers_is_passed_on(plan: Plan) -> None:
    assert setting(plan, "esmtp.relay_to") == ("secondary.example",)
    assert {"rcpthosts:1", "rcpthosts:2", "rcpthosts:3"} <= set(told(plan, Verdict.NOTHING))


def test_aliases_are_read_from_their_files(plan: Plan) -> None:
    assert plan.aliases["root@example.com"] == ("alice@example.com",)
    assert plan.aliases["bob.builder@mail.example.com"] == ("bob@example.com",)
    assert plan.aliases["help@example.com"] == ("alice@example.com",)
    assert plan.aliases["@example.com"] == ("alice@example.com",)
    decide = told(plan, Verdict.DECIDE)
    assert "default delivery" in decide["alias/.qmail-empty"]
    assert "alias @domain" in decide["alias/.qmail-list-default"]
    assert "tcp.smtp" in decide["control"]


def test_what_is_not_understood_is_told(plan: Plan) -> None:
    assert "spfbehavior:1" in told(plan, Verdict.UNREAD)
    assert "concurrencylocal:1" in told(plan, Verdict.DECIDE)
    assert "badrcptto:1" in told(plan, Verdict.MISSING)


def test_an_imported_qmail_then_routes_as_it_did(plan: Plan) -> None:
    administration.add_domain("example.com", by="test")
    administration.add_account("alice@example.com", "wonderland", by="test")
    apply.apply(plan, summary="Import", by="test")
    current.refresh()
    found = router.resolve(Address("root", "mail.example.com"))
    assert [one.host for one in found.destinations] == ["alice@example.com"]
    assert router.resolve(Address("x", "pop.example")).refusal is not None
    assert not router.resolve(Address("x", "elsewhere.test")).local
