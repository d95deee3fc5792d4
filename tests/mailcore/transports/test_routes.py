"""Static routes as Courier's esmtproutes has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.transports.esmtp import routes
from mailcore.transports.esmtp.routes import Route

TABLE = (
    "# comment:[192.0.2.9]",
    "far.test:relay.test,2525 /SECURITY=REQUIRED,IPV4ONLY",
    ".far.test:[192.0.2.1]",
    "plain.test:",
    "slash.test:a/b,26 /security=smtps ipv6only",
    "port.test:relay.test,none",
    ":smart.test",
)


@pytest.mark.parametrize(
    ("domain", "route"),
    [
        ("far.test", Route("relay.test", 2525, "REQUIRED", ipv6=False)),
        ("a.b.far.test", Route("[192.0.2.1]")),
        ("notfar.test", Route("smart.test")),
        ("plain.test", Route()),
        ("slash.test", Route("a/b", 26, "SMTPS", ipv4=False)),
        ("port.test", Route("relay.test")),
        ("#comment", Route("smart.test")),
    ],
)
def test_the_first_match_wins_and_flags_follow_the_last_slash(domain: str, route: Route) -> None:
    assert routes.find(domain, TABLE) == route


def test_without_a_match_dns_decides() -> None:
    assert routes.find("far.test", ()) == Route()


@pytest.mark.parametrize(
    ("relay", "domain", "found"),
    [
        ("relay.test", "far.test", ("me", "a secret")),
        ("", "FAR.test", ("you", "x")),
        ("cert.test", "", ("name", "")),
        ("relay.test.evil", "", None),
        ("", "", None),
    ],
)
def test_logins_go_by_the_relay_else_by_the_domain(
    relay: str, domain: str, found: tuple[str, str] | None
) -> None:
    lines = ("Relay.test me a secret", "far.test you x", "cert.test name", "lonely")
    assert routes.login(relay, domain, lines) == found


@pytest.mark.parametrize(("port", "found"), [(587, ("me", "secret")), (25, ("other", "word"))])
def test_a_login_may_be_for_one_port_of_the_relay(port: int, found: tuple[str, str]) -> None:
    """As `relay` in the classic's file has to be written exactly as in its route."""
    lines = ("relay.test,465 no one", "Relay.test,587 me secret", "relay.test other word")
    assert routes.login("relay.test", "far.test", lines, port) == found


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=5))
def test_property_any_table_gives_a_route(domain: str, lines: list[str]) -> None:
    route = routes.find(domain, lines)
    assert route.port >= 0
    routes.login(domain, domain, lines)
