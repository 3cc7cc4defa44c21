"""The account page in a real browser: second factor set up and used, a recovery code, a token made and revoked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.access.signing import code_of
from tests.loop.system import PASSWORD, Person, System, add_person

pytestmark = pytest.mark.e2e
NEW_PASSWORD = "mark-and-read-8"


@pytest.fixture
def open_page(browser: Browser, system: System) -> Iterator[Callable[[], Page]]:
    """A fresh browser each; a script error fails the test, a refused request is part of it."""
    errors: list[str] = []
    contexts = []

    def opened() -> Page:
        context = browser.new_context(base_url=system.url, viewport={"width": 1440, "height": 900}, locale="en-GB")
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not errors, errors


def type_password(page: Page, name: str, password: str = PASSWORD) -> None:
    page.goto("/sign-in")
    page.get_by_label("User name or email").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")


def test_a_second_factor_a_recovery_code_and_a_new_password(open_page: Callable[[], Page], system: System) -> None:
    add_person(system, "dora")
    page = open_page()
    type_password(page, "dora")
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("menuitem", name="Account and API tokens").click()
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_alt_text("QR code")).to_be_visible()
    assert page.get_by_alt_text("QR code").evaluate("image => image.naturalWidth") > 0
    secret = page.locator("code").first.inner_text().replace(" ", "")
    page.get_by_label("Six digits of the app").fill(code_of(secret))
    page.keyboard.press("Enter")
    asked = page.get_by_role("dialog")
    asked.get_by_label("Password", exact=True).fill("not-my-password")
    page.keyboard.press("Enter")
    expect(asked.get_by_text("This is not your password.")).to_be_visible()
    asked.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Each lets you in once")).to_be_visible()
    codes = page.locator("pre").inner_text().split()
    assert len(codes) == 10
    page.get_by_role("button", name="I have kept them").click()

    other = open_page()
    type_password(other, "dora")
    other.get_by_label("Code").fill("000000")
    other.keyboard.press("Enter")
    expect(other.get_by_role("alert")).to_have_text("This code is not right. A code works once; wait for the next one.")
    other.get_by_label("Code").fill(codes[0])
    other.keyboard.press("Enter")
    expect(other.get_by_role("button", name="Account of")).to_be_visible()
    other.goto("/account")
    expect(other.get_by_text("9 codes left")).to_be_visible()

    other.get_by_label("Current password").fill(PASSWORD)
    other.get_by_label("New password").fill(NEW_PASSWORD)
    other.keyboard.press("Enter")
    expect(other.get_by_text("Password changed.")).to_be_visible()
    page.goto("/account")
    expect(page).to_have_url(f"{system.url}/sign-in?next=%2Faccount")


def test_a_token_is_made_shown_once_used_and_revoked(open_page: Callable[[], Page], system: System) -> None:
    add_person(system, "emil")
    page = open_page()
    type_password(page, "emil")
    expect(page.get_by_role("button", name="Account of")).to_be_visible()
    page.goto("/account")
    page.get_by_label("What it is for").fill("laptop")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your new token.")).to_be_visible()
    token = page.locator("pre").inner_text().strip()
    script = Person(system, token)
    assert script.get("/me")["username"] == "emil"
    page.get_by_role("button", name="Done").click()
    page.reload()
    assert token not in page.content()
    page.get_by_role("row", name="laptop").get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("row", name="laptop")).to_have_count(0)
    assert page.request.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status == 401


def test_a_name_that_was_tried_too_often_is_told_how_long_to_wait(
    open_page: Callable[[], Page], system: System
) -> None:
    add_person(system, "frida")
    page = open_page()
    for _ in range(9):
        type_password(page, "frida", "wrong-guess-1")
        expect(page.get_by_role("alert")).not_to_be_empty()
    expect(page.get_by_role("alert")).to_contain_text("Too many attempts. Wait ")
