"""A headless Chromium for tests, and what it was seen doing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = os.environ.get("COURIER_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
AXE = Path(__file__).parent / "vendor" / "axe-core" / "4.14.1" / "axe.min.js"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; its driver runs a loop in this thread, which Django must not mind."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Visitor:
    """One person's browser window on a running site."""

    page: Page
    site: str
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note every request to elsewhere (and let none out), error and dialog."""
        own = urlsplit(self.site).hostname

        def route(route: Any) -> None:
            if urlsplit(route.request.url).hostname in (own, None):
                route.continue_()
            else:
                self.foreign.append(route.request.url)
                route.abort()

        def dialog(one: Any) -> None:
            self.dialogs.append(one.message)
            one.dismiss()

        self.page.context.route("**/*", route)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", dialog)
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.complaints.append(message.text)

    def sign_in(self, address: str, password: str) -> None:
        self.page.goto(f"{self.site}/login")
        self.page.fill("[name=username]", address)
        self.page.fill("[name=password]", password)
        self.page.click("button.primary")
        self.page.wait_for_url("**/mail/INBOX/")

    def goto(self, path: str) -> None:
        self.page.goto(self.site + path)

    def violations(self) -> list[str]:
        """What axe finds wrong with the page, one line each."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
        )
        return [
            f"{one['id']}: {node['target']} {node['html'][:160]}"
            for one in found["violations"]
            for node in one["nodes"][:3]
        ]
