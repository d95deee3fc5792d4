"""DNS lists: asked from left to right, over Knot; what they say and what their silence means."""

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.dns.resolver import Resolver
from mailcore.errors import ConfigError
from mailcore.policy import blocklist
from mailcore.policy.blocklist import Vouch
from tests.support.dns import DnsServer, dead_address
from tests.support.knot import Knot

NIBBLES = ".".join(reversed("2a000000000000000000000000000001"))

ZONE = {
    "7.9.8.8.list.example": {"A": ["127.0.0.2"], "TXT": ['"8.8.9.7: seen"']},
    "8.9.8.8.list.example": {"A": ["127.0.0.2", "127.0.0.4"]},
    "8.9.8.8.good.example": {"A": ["127.0.10.3"], "TXT": ['"example.net \\"mail\\""']},
    "9.9.8.8.list.example": {"A": ["198.51.100.1"]},
    f"{NIBBLES}.list.example": {"A": ["127.0.0.2"]},
}


@pytest.fixture(scope="module")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resolver]:
    server = Knot(tmp_path_factory.mktemp("knot"), ZONE)
    yield Resolver([server.address], 10)
    server.stop()


def told(resolver: Resolver, peer: str, *lines: str) -> str | None:
    refusal = blocklist.consult(peer, blocklist.rules(lines), resolver).refusal
    return str(refusal) if refusal else None


def test_a_list_refuses_in_its_own_words_or_ours(resolver: Resolver) -> None:
    assert told(resolver, "8.8.9.7", "block list.example") == "511 5.7.1 8.8.9.7: seen"
    assert told(resolver, "::ffff:8.8.9.7", "block list.example") == "511 5.7.1 8.8.9.7: seen"
    listed = "511 5.7.1 8.8.9.8 is listed in list.example"
    assert told(resolver, "8.8.9.8", "block list.example") == listed
    assert told(resolver, "8.8.9.8", "block list.example *") == listed
    assert told(resolver, "8.8.9.8", "block list.example=Ours") == listed.replace(
        "list.example", "Ours"
    )
    later = "block list.example 421 Come back later"
    assert told(resolver, "8.8.9.8", later) == "421 4.7.1 Come back later"
    assert told(resolver, "8.8.9.6", "block list.example") is None


def test_ipv6_addresses_are_asked_by_nibbles(resolver: Resolver) -> None:
    assert told(resolver, "2a00::1", "block list.example") is not None
    assert told(resolver, "2a00::2", "block list.example") is None


def test_only_the_answer_that_is_wanted_counts(resolver: Resolver) -> None:
    assert told(resolver, "8.8.9.8", "block list.example /127.0.0.4 Bad") == "511 5.7.1 Bad"
    assert told(resolver, "8.8.9.8", "block list.example /127.0.0.5 Bad") is None
    assert told(resolver, "8.8.9.9", "block list.example") is None  # no answer of a list at all
    assert told(resolver, "8.8.9.9", "block list.example /198.51.100.1 Bad") is not None


def test_lists_are_asked_from_left_to_right_and_the_first_to_say_something_counts(
    resolver: Resolver,
) -> None:
    good, bad = "allow good.example", "block list.example Bad"
    assert told(resolver, "8.8.9.8", good, bad) is None
    assert told(resolver, "8.8.9.8", bad, good) == "511 5.7.1 Bad"
    assert told(resolver, "8.8.9.7", good, bad) == "511 5.7.1 Bad"


def test_who_vouches_is_told_in_authentication_results(resolver: Resolver) -> None:
    def vouches(line: str) -> tuple[Vouch, ...]:
        return blocklist.consult("8.8.9.8", blocklist.rules((line,)), resolver).vouches

    (plain,) = vouches("allow good.example=Good")
    assert plain.result == "dnswl=pass dns.zone=Good policy.ip=127.0.10.3"
    (worded,) = vouches("allow good.example *")
    assert worded.result == (
        'dnswl=pass dns.zone=good.example policy.ip=127.0.10.3 policy.txt="example.net mail"'
    )


def test_the_short_lists_ask_who_vouches_first(resolver: Resolver) -> None:
    rules = blocklist.rules((), ("list.example=Bad",), ("good.example",))
    assert blocklist.consult("8.8.9.8", rules, resolver).refusal is None
    assert blocklist.consult("8.8.9.7", rules, resolver).refusal is not None


def test_the_classics_spelling_is_read() -> None:
    assert blocklist.parse("-block=a.example") == blocklist.parse("block a.example")
    assert blocklist.parse("-allow=a.example=A,BLOCK/127.0.0.2,") == blocklist.parse(
        "allow a.example=A /127.0.0.2"
    )
    found = blocklist.parse("-block=a.example,BLOCK2,Listed, they say")
    assert (found.variable, found.text) == ("BLOCK2", "Listed, they say")


def test_other_variables_are_notes_and_refuse_nobody(resolver: Resolver) -> None:
    rules = blocklist.rules(("-block=list.example,BLOCK2,Suspect",))
    found = blocklist.consult("8.8.9.8", rules, resolver)
    assert found.refusal is None
    assert found.notes == {"BLOCK2": "Suspect"}


@pytest.mark.parametrize("line", ["", "list.example", "deny x", "block", "block a /300.1.1.1 x"])
def test_lines_that_are_no_list_are_said_and_asked_nothing(line: str) -> None:
    with pytest.raises(ConfigError):
        blocklist.parse(line)
    assert blocklist.rules((line,)) == ()


@given(st.text(max_size=60))
def test_property_any_line_is_a_list_or_a_complaint(text: str) -> None:
    try:
        blocklist.parse(text)
    except ConfigError:
        return


def test_a_dead_list_puts_off_and_neither_accepts_nor_refuses() -> None:
    resolver = Resolver([dead_address()], 0.2)
    rules = blocklist.rules(("allow good.example", "block list.example"))
    assert str(blocklist.consult("8.8.9.8", rules, resolver).refusal).startswith("451 4.4.3")
    ignored = blocklist.consult("8.8.9.8", rules, resolver, dead_defers=False)
    assert ignored == blocklist.UNLISTED


def test_a_peer_is_not_refused_while_who_might_vouch_for_it_is_silent() -> None:
    server = DnsServer({"8.9.8.8.list.example": {"A": ["127.0.0.2"]}})
    server.broken.add("8.9.8.8.good.example")
    try:
        found = told(
            Resolver([server.address], 3), "8.8.9.8", "allow good.example", "block list.example"
        )
    finally:
        server.stop()
    assert found is not None
    assert found.startswith("451 ")


def test_a_list_that_stays_silent_is_not_waited_for_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = DnsServer({"8.9.8.8.list.example": {"A": ["127.0.0.2"]}})
    server.broken.update(f"{number}.9.8.8.list.example" for number in range(8))
    resolver = Resolver([server.address], 3)
    now = time.monotonic()
    monkeypatch.setattr(blocklist, "time", SimpleNamespace(monotonic=lambda: now))
    try:
        for number in range(3):
            assert "451" in (told(resolver, f"8.8.9.{number}", "block list.example") or "")
        asked = len(server.asked)
        assert "451" in (told(resolver, "8.8.9.8", "block list.example") or "")
        assert len(server.asked) == asked
        now += 61
        assert "511" in (told(resolver, "8.8.9.8", "block list.example") or "")
    finally:
        server.stop()


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.1", "fe80::1%eth0", "::1", ""])
def test_no_list_is_asked_about_machines_it_cannot_know(peer: str) -> None:
    server = DnsServer({})
    try:
        assert told(Resolver([server.address], 3), peer, "block list.example") is None
        assert server.asked == []
    finally:
        server.stop()
