"""A person at a browser of their own: signs in, looks, presses keys, moves the pointer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

from tests.loop.system import PASSWORD, System

WAIT_MS = 30_000
# What an anonymous or non-demo page asks and is rightly refused: not faults.
REFUSALS = ((401, "/api/v1/me"), (401, "/_allauth/browser/v1/auth/session"), (404, "/api/v1/demo"))


expect.set_options(timeout=WAIT_MS)


class Visitor:
    """One browser context with one page. `faults` collects script errors, failed requests and foreign hosts."""

    def __init__(
        self,
        browser: Browser,
        system: System,
        name: str,
        artifacts: Path,
        *,
        size: tuple[int, int] = (1440, 900),
        network: str | None = None,
    ) -> None:
        """`network`: the address of a bad network in front of the server; what it breaks is no fault of the page."""
        self.name, self.system, self.artifacts = name, system, artifacts
        self.url, self.bad_network = network or system.url, network is not None
        self.faults: list[str] = []
        self.context = browser.new_context(
            base_url=self.url, viewport={"width": size[0], "height": size[1]}, locale="en-GB"
        )
        self.context.set_default_timeout(WAIT_MS)
        self.page = self.new_page()

    def new_page(self) -> Page:
        """Another tab of the same browser, watched like the first."""
        page = self.context.new_page()
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._fault(f"script error: {error}"))
        page.on("request", self._on_request)
        page.on("response", self._on_response)
        return page

    def _fault(self, text: str) -> None:
        self.faults.append(f"{self.name} at {urlsplit(self.page.url).path}: {text}")

    def _on_console(self, message: ConsoleMessage) -> None:
        # The browser's own line for a refused request says less than `_on_response`.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self._fault(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != urlsplit(self.url).netloc:
            self._fault(f"request to another host: {request.url}")

    def _on_response(self, response: Response) -> None:
        path = urlsplit(response.url).path
        if self.bad_network and response.status in (401, 412, 502):
            return
        if response.status >= 400 and (response.status, path) not in REFUSALS:
            self._fault(f"{response.request.method} {path} answered {response.status}")

    def close(self) -> None:
        self.context.close()

    def sign_in(self, password: str = PASSWORD, *, page: Page | None = None) -> None:
        """Through the form, as a person does."""
        page = page or self.page
        page.goto("/")
        expect(page).to_have_url(re.compile("/sign-in"))
        page.get_by_label("User name or email").fill(self.name)
        page.get_by_label("Password", exact=True).fill(password)
        page.keyboard.press("Enter")
        expect(page).not_to_have_url(re.compile("/sign-in"))

    def open(self, path: str, heading: str | None = None) -> None:
        self.page.goto(path)
        if heading is not None:
            expect(self.page.get_by_role("heading", name=heading, level=1)).to_be_visible()

    def press(self, keys: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(keys)

    def shot(self, name: str) -> None:
        """Keeps a picture of what is on the screen."""
        self.artifacts.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self.artifacts / f"{name}.png", animations="disabled")

    def ask(self, script: str, argument: Any = None) -> Any:
        return self.page.evaluate(script, argument)
