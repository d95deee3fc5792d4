"""The bus: told at once, and told again after Valkey lost its memory."""

import asyncio
from pathlib import Path

import pytest

from mailcore.bus import publish
from mailcore.bus.revisions import RevisionBell
from mailcore.bus.subscribe import MailboxFeed
from tests.support.valkey import Valkey

ALICE, BOB = Path("/mail/alice"), Path("/mail/bob")


async def wait_for(condition: object, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def test_a_watcher_hears_of_its_own_mailbox_and_of_no_other(bus: Valkey) -> None:
    feed = MailboxFeed(bus.url)
    await feed.start()
    heard: list[str] = []
    feed.watch(ALICE, lambda: heard.append("alice"))
    token = feed.watch(BOB, lambda: heard.append("bob"))
    await wait_for(lambda: feed.connected)
    await asyncio.sleep(0.2)
    heard.clear()
    publish.announce_mailbox(ALICE)
    await wait_for(lambda: heard)
    assert heard == ["alice"]
    feed.unwatch(token)
    await asyncio.sleep(0.1)
    publish.announce_mailboxes({BOB, ALICE})
    await wait_for(lambda: len(heard) > 1)
    assert heard == ["alice", "alice"]
    await feed.stop()


async def test_what_changed_before_the_subscription_held_is_not_missed(bus: Valkey) -> None:
    feed = MailboxFeed(bus.url)
    await feed.start()
    await wait_for(lambda: feed.connected)
    heard: list[int] = []
    feed.watch(ALICE, lambda: heard.append(1))
    await wait_for(lambda: heard)  # nothing was published
    publish.announce_mailbox(ALICE)
    await wait_for(lambda: len(heard) == 2)
    await feed.stop()


async def test_after_valkey_was_killed_every_watcher_is_called_once_more(
    tmp_path: Path, settings: object
) -> None:
    server = Valkey(tmp_path)
    server.start()
    feed = MailboxFeed(server.url)
    await feed.start()
    heard: list[int] = []
    feed.watch(ALICE, lambda: heard.append(1))
    await wait_for(lambda: feed.connected)
    await asyncio.sleep(0.1)
    heard.clear()
    server.kill()
    await wait_for(lambda: not feed.connected)
    server.start()
    await wait_for(lambda: heard)
    await feed.stop()
    server.kill()


def test_publishing_without_valkey_is_no_error(settings: object) -> None:
    settings.COURIER_REDIS_URL = "unix:///nonexistent/valkey.sock"  # type: ignore[attr-defined]
    publish.announce_mailbox(ALICE)
    publish.revision_changed()
    assert publish.claim("some-lane", 1000) is True


@pytest.mark.usefixtures("bus")
def test_a_claim_is_given_once_until_it_is_released() -> None:
    assert publish.claim("lane", 10_000)
    assert not publish.claim("lane", 10_000)
    publish.release("lane")
    assert publish.claim("lane", 10_000)


def test_the_revision_bell_returns_when_it_is_rung(bus: Valkey) -> None:
    bell = RevisionBell(bus.url)
    bell.wait(0.05)
    publish.revision_changed()
    bell.wait(30)
