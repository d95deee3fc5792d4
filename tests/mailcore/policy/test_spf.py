"""SPF: the published suite through our whole check, over a real DNS server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mailcore.dns.resolver import Answer, Resolver
from mailcore.policy import spf
from mailcore.policy.spf import SpfResult
from tests.support.dns import DnsServer, dead_address

SUITE = Path(__file__).resolve().parent.parent.parent / "data/rfc7208-tests.yml"


def scenarios() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(SUITE.read_text()))


def zone_of(scenario: dict[str, Any]) -> tuple[dict[str, dict[str, list[str]]], set[str]]:
    """The suite's zone as a DNS server's, and the names that time out.

    Where a name has SPF records and no TXT, the suite means the SPF ones to be TXT too.
    """
    zone: dict[str, dict[str, list[str]]] = {}
    silent = set()
    for name, records in scenario["zonedata"].items():
        name = name.lower()
        mine = zone.setdefault(name, {})
        explicit = any(isinstance(one, dict) and "TXT" in one for one in records)
        for one in records:
            if one == "TIMEOUT":
                silent.add(name)
                continue
            for kind, value in one.items():
                if kind == "SPF" and explicit:
                    continue
                if value == "NONE":
                    continue
                add(mine, "TXT" if kind == "SPF" else kind, value)
    return zone, silent


def add(mine: dict[str, list[str]], kind: str, value: Any) -> None:
    if kind == "TXT":
        parts = value if isinstance(value, list) else [value]
        quoted = [
            '"' + part.encode("utf-8", "surrogateescape").decode("latin-1").translate(ESCAPES) + '"'
            for part in parts
        ]
        mine.setdefault("TXT", []).append(" ".join(quoted) or '""')
    elif kind == "MX":
        mine.setdefault("MX", []).append(f"{value[0]} {absolute(value[1])}")
    elif kind in ("PTR", "CNAME"):
        mine.setdefault(kind, []).append(absolute(value))
    else:
        mine.setdefault(kind, []).append(value)


ESCAPES = {code: f"\\{code:03d}" for code in [*range(32), *range(127, 256), ord('"'), ord("\\")]}


def absolute(name: str) -> str:
    return name.rstrip(".") + "."


CASES = [
    pytest.param(scenario, name, id=f"{scenario['description']}: {name}")
    for scenario in scenarios()
    for name in scenario["tests"]
]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, DnsServer]]:
    """One DNS server for each scenario's zone."""
    started: dict[str, DnsServer] = {}
    yield started
    for server in started.values():
        server.stop()


@pytest.mark.parametrize(("scenario", "name"), CASES)
def test_the_published_suite(
    scenario: dict[str, Any], name: str, servers: dict[str, DnsServer]
) -> None:
    title = scenario["description"]
    if title not in servers:
        zone, silent = zone_of(scenario)
        servers[title] = DnsServer(zone)
        servers[title].silent = silent
    case = scenario["tests"][name]
    resolver = Resolver([servers[title].address], timeout=0.5)
    verdict = spf.check(str(case["host"]), case["mailfrom"], case["helo"], resolver=resolver)
    wanted = case["result"]
    assert verdict.result.value in (wanted if isinstance(wanted, list) else [wanted])
    if case.get("explanation", "DEFAULT") != "DEFAULT":
        assert verdict.explanation == case["explanation"]


def test_a_resolver_that_does_not_answer_is_a_temporary_error_and_never_a_verdict() -> None:
    resolver = Resolver([dead_address()], timeout=0.3)
    verdict = spf.check("192.0.2.1", "ann@example.com", "mail.example.com", resolver=resolver)
    assert verdict.result is SpfResult.TEMPERROR


@pytest.fixture
def server() -> Iterator[DnsServer]:
    one = DnsServer({})
    yield one
    one.stop()


def ask(server: DnsServer, path: str = "ann@example.com") -> spf.SpfVerdict:
    resolver = Resolver([server.address], timeout=1)
    return spf.check("192.0.2.1", path, "mail.example.com", resolver=resolver)


def test_a_record_that_includes_forever_is_an_error_after_ten_questions(server: DnsServer) -> None:
    for number in range(50):
        record = f"v=spf1 include:s{number + 1}.example.com -all"
        server.zone[f"s{number}.example.com"] = {"TXT": [f'"{record}"']}
    server.zone["example.com"] = {"TXT": ['"v=spf1 include:s0.example.com -all"']}
    assert ask(server).result is SpfResult.PERMERROR
    assert len(server.asked) <= 13


def test_names_that_lead_nowhere_are_asked_twice_at_most(server: DnsServer) -> None:
    exists = " ".join(f"exists:v{number}.example.com" for number in range(9))
    server.zone["example.com"] = {"TXT": [f'"v=spf1 {exists} -all"']}
    assert ask(server).result is SpfResult.PERMERROR
    assert len(server.asked) <= 5


def test_macros_that_grow_end_as_a_name_that_fits(server: DnsServer) -> None:
    server.zone["example.com"] = {"TXT": [f'"v=spf1 exists:{"%{l}." * 20}example.com -all"']}
    verdict = ask(server, "a" * 60 + "@example.com")
    assert verdict.result in (SpfResult.FAIL, SpfResult.PERMERROR)
    assert all(len(name) <= 253 for name, _ in server.asked)


def test_a_record_makes_us_ask_dns_and_nobody_else(
    server: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No address in a record is ever connected to, whatever it names.  ABUSE §5.1."""
    called: list[object] = []
    monkeypatch.setattr("socket.create_connection", lambda *args, **_: called.append(args))
    record = (
        "v=spf1 exists:169.254.169.254 a:127.0.0.1 include:localhost mx:[::1] ip4:10.0.0.1 -all"
    )
    server.zone["example.com"] = {"TXT": [f'"{record}"']}
    assert ask(server).result in (SpfResult.FAIL, SpfResult.PERMERROR)
    assert called == []


def test_an_explanation_cannot_break_a_reply_or_header(server: DnsServer) -> None:
    server.zone["example.com"] = {"TXT": ['"v=spf1 -all exp=why.example.com"']}
    server.zone["why.example.com"] = {"TXT": ['"no\\013\\010250 fine\\000"']}
    verdict = ask(server)
    assert verdict.result is SpfResult.FAIL
    assert verdict.explanation.isprintable()


@given(st.text(max_size=80))
def test_property_no_record_breaks_the_check(record: str) -> None:
    class OneRecord(Resolver):
        def txt(self, name: str) -> Answer:
            return Answer(True, ("v=spf1 " + record,))

        def _ask(self, name: object, kind: str) -> tuple[bool, list[Any]]:
            return False, []

    verdict = spf.check("192.0.2.1", "a@example.com", "b.example.com", resolver=OneRecord())
    assert verdict.result in SpfResult
    assert verdict.explanation.isprintable()
