"""A stranger's mail is read in a browser; the answer rings in another client's IDLE."""

import subprocess
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import DESKTOP, Visitor, chromium
from tests.support.stack import Stack

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.interop]
ALICE, BOB = "alice@example.test", "bob@example.test"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_alice_answers_in_the_browser_and_bob_hears_of_it(stack: Stack, browser: Browser) -> None:
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(15_000)
    alice = Visitor(context.new_page(), f"http://127.0.0.1:{stack.ports['http']}")
    alice.watch()
    alice.sign_in(ALICE, stack.passwords[ALICE])
    page = alice.page
    # The mail arrives while she looks: it must appear by itself.
    subprocess.run(
        ["swaks", "--server", "127.0.0.1", "--port", str(stack.ports["smtp"]), "--from",
         "bob@example.test", "--to", ALICE, "--header", "From: Bob <bob@example.test>",
         "--header", "Subject: Lunch?", "--body", "At noon?"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    expect(page.locator("#rows")).to_contain_text("Lunch?")

    with stack.imap(BOB) as bob:
        bob.select("INBOX")
        bob.send(b"i IDLE\r\n")
        assert bob.readline().startswith(b"+ ")
        told = threading.Event()

        def listen() -> None:
            while b"EXISTS" not in bob.readline():
                pass
            told.set()
            while not bob.readline().startswith(b"i OK"):
                pass

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()

        page.click("text=Lunch?")
        expect(page.locator(".subject-line")).to_have_text("Lunch?")
        page.keyboard.press("r")
        page.wait_for_url("**/mail/compose**")
        page.locator("#text").press("Control+Home")
        page.keyboard.type("Yes, at noon.")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".toast")).to_contain_text("Message sent.")
        assert told.wait(10)
        bob.send(b"DONE\r\n")
        listener.join(10)

    [answer] = stack.wait_for_mail(BOB, b"Subject: Re: Lunch?")
    assert b"Yes, at noon." in answer
    assert b"In-Reply-To: <" in answer
    with stack.imap(ALICE) as client:
        client.select("INBOX.Sent", readonly=True)
        assert client.search(None, "SUBJECT", '"Re: Lunch?"')[1] == [b"1"]
    assert alice.foreign == []
    assert alice.complaints == []
    context.close()
