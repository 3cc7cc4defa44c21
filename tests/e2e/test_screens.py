"""Every page of a fresh project: empty states, both themes, reachable by keyboard, no fault and no foreign request."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import MakeProject
from tests.e2e.visitor import Visitor
from tests.loop.system import Person, System, add_person

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
Visit = Callable[..., Visitor]

FOCUS_NAME = """() => {
  const focused = document.activeElement;
  return (focused?.getAttribute('aria-label') || focused?.innerText || focused?.tagName || '').trim();
}"""
# Page, its heading, and what it says while nothing is there.
EMPTY_PAGES = (
    ("worklist", "My queue", "Your queue is empty"),
    ("learning", "Learning", "No model yet"),
    ("data", "Import", "Nothing was imported yet"),
    ("exports", "Exports", "Nothing was exported yet"),
    ("status", "Status", "Nothing is running or waiting."),
)


@pytest.fixture(scope="module")
def fresh(make_project: MakeProject, manager_api: Person) -> dict[str, Any]:
    """A project in which nothing has happened; maya has every role in it."""
    project = make_project("Fresh")
    for role in ("annotator", "reviewer"):
        manager_api.post(f"/projects/{project['id']}/members", {"username": "maya", "role": role})
    return project


def focusable_names(visitor: Visitor, presses: int) -> list[str]:
    """What Tab reaches, in order."""
    names = []
    for _ in range(presses):
        visitor.press("Tab")
        names.append(visitor.ask(FOCUS_NAME))
    return names


def test_sign_in_refuses_a_wrong_password(system: System, manager_api: Person, visit: Visit) -> None:
    visitor = visit("maya")
    page = visitor.page
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("Research use only")).to_be_visible()
    visitor.shot("screen-sign-in")
    page.get_by_label("User name or email").fill("maya")
    page.get_by_label("Password", exact=True).fill("not this one")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("User name and password do not match.")
    visitor.faults.clear()  # the refused sign-in itself


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_empty_pages_say_what_comes_next(fresh: dict[str, Any], visit: Visit, theme: str) -> None:
    visitor = visit("maya")
    visitor.sign_in()
    page = visitor.page
    for name, heading, words in EMPTY_PAGES:
        visitor.open(f"/p/{fresh['slug']}/{name}", heading)
        if page.locator("html").get_attribute("data-mantine-color-scheme") != theme:
            page.get_by_role("button", name="Account of Maya").click()
            page.get_by_role("radiogroup", name="Theme").get_by_text(theme.capitalize(), exact=True).click()
            page.keyboard.press("Escape")
        expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", theme)
        expect(page.get_by_text(words).first).to_be_visible()
        visitor.shot(f"screen-{name}-empty-{theme}")
    page.goto(f"/p/{fresh['slug']}/review")
    expect(page.get_by_text("Nothing to review")).to_be_visible()
    visitor.shot(f"screen-review-empty-{theme}")
    visitor.open("/?all=1")
    expect(page.get_by_text("Fresh").first).to_be_visible()
    visitor.shot(f"screen-projects-{theme}")


def test_pages_are_reached_by_keyboard_alone(fresh: dict[str, Any], visit: Visit) -> None:
    visitor = visit("maya")
    visitor.sign_in()
    page = visitor.page
    visitor.open(f"/p/{fresh['slug']}/worklist", "My queue")
    names = focusable_names(visitor, 12)
    for wanted in ("Worklist", "Review", "Learning", "Data", "Exports", "Status"):
        assert any(wanted in name for name in names), f"Tab does not reach {wanted}: {names}"
    visitor.open(f"/p/{fresh['slug']}/worklist", "My queue")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    visitor.shot("screen-keys")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("Learning")
    visitor.shot("screen-palette")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/learning$"))


def test_a_manager_makes_a_project_on_the_page(visit: Visit) -> None:
    visitor = visit("maya")
    visitor.sign_in()
    page = visitor.page
    visitor.open("/?all=1")
    page.get_by_role("button", name="New project").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Made on the page")
    dialog.get_by_label("Name of label 1").fill("Nodule")
    visitor.shot("screen-new-project")
    dialog.get_by_role("button", name="Create project").click()
    expect(page).to_have_url(re.compile(r"/p/made-on-the-page"))


def test_others_find_nothing_here(fresh: dict[str, Any], system: System, visit: Visit) -> None:
    add_person(system, "mallory")
    visitor = visit("mallory")
    visitor.sign_in()
    visitor.page.goto(f"/p/{fresh['slug']}/worklist")
    expect(visitor.page.get_by_text("This page is not here")).to_be_visible()
    visitor.shot("screen-not-here")
