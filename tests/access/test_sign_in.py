"""Signing in and out over HTTP as a browser does it: throttled, a new session each time, ended by signing out."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as live_settings
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from medreview.accounts import throttle
from medreview.core.models import AuditEvent
from tests.access.signing import AUTH, PASSWORD, Browser, person

pytestmark = pytest.mark.django_db
NOON = "2026-03-04T12:00:10Z"


def test_guessing_one_name_is_stopped_with_the_time_to_wait() -> None:
    person("alice")
    with time_machine.travel(NOON, tick=False) as clock:
        for n in range(throttle.PER_NAME.tries):
            assert Browser(f"10.0.0.{n}").sign_in("alice", "wrong-guess-1").status_code == 400
        refused = Browser("10.0.1.1").sign_in("Alice", PASSWORD)
        assert refused.status_code == 429
        assert refused["Retry-After"] == "290"
        assert "Wait 290 seconds" in refused.json()["errors"][0]["message"]
        clock.shift(300)
        assert Browser("10.0.1.1").sign_in("alice").status_code == 200
    assert AuditEvent.objects.filter(action="accounts.sign_in_throttled").count() == 1


def test_guessing_many_names_from_one_address_is_stopped_and_others_go_on() -> None:
    person("alice")
    with time_machine.travel(NOON, tick=False):
        answers = {Browser("10.9.9.9").sign_in(f"name-{n}", "guess-guess-1").status_code for n in range(60)}
        assert answers == {400}
        assert Browser("10.9.9.9").sign_in("alice").status_code == 429
        assert Browser("10.9.9.8").sign_in("alice").status_code == 200


def test_people_who_sign_in_rightly_behind_one_address_do_not_stop_each_other() -> None:
    person("alice")
    with time_machine.travel(NOON, tick=False):
        answers = [Browser("10.9.9.9").sign_in("alice").status_code for _ in range(throttle.PER_ADDRESS.tries + 5)]
    assert set(answers) == {200}


def test_a_sign_in_that_worked_forgets_the_tries_before() -> None:
    person("alice")
    with time_machine.travel(NOON, tick=False):
        for _ in range(3):
            for _ in range(throttle.PER_NAME.tries - 1):
                assert Browser().sign_in("alice", "wrong-guess-1").status_code == 400
            assert Browser().sign_in("alice").status_code == 200


def test_web_processes_count_together_and_each_for_itself_without_the_broker(settings: Settings) -> None:
    assert isinstance(caches["default"], RedisCache)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/v.sock"}}
    person("alice")
    with time_machine.travel(NOON, tick=False):
        for _ in range(throttle.PER_NAME.tries):
            assert Browser().sign_in("alice", "wrong-guess-1").status_code == 400
        assert Browser().sign_in("alice").status_code == 429


def test_signing_in_makes_a_new_session_and_the_old_one_is_worth_nothing() -> None:
    person("alice")
    browser = Browser()
    browser.client.session["planted"] = True
    planted = browser.client.session
    planted["planted"] = True
    planted.save()
    browser.client.cookies["sessionid"] = planted.session_key
    assert browser.sign_in("alice").status_code == 200
    assert browser.session != planted.session_key
    thief = Client()
    thief.cookies["sessionid"] = planted.session_key
    assert thief.get("/api/v1/me").status_code == 401


def test_signing_out_ends_the_session_for_whoever_has_its_cookie() -> None:
    person("alice")
    browser = Browser()
    browser.sign_in("alice")
    kept = browser.session
    assert browser.ask("DELETE", AUTH + "auth/session").status_code == 401
    other = Client()
    other.cookies["sessionid"] = kept
    assert other.get("/api/v1/me").status_code == 401
    assert not Session.objects.filter(session_key=kept).exists()


def test_cookies_are_closed_to_scripts_and_to_other_sites() -> None:
    person("alice")
    browser = Browser()
    browser.sign_in("alice")
    session, csrf = browser.client.cookies["sessionid"], browser.client.cookies["csrftoken"]
    assert session["httponly"]
    assert (session["samesite"], csrf["samesite"]) == ("Lax", "Lax")
    assert int(session["max-age"]) == live_settings.SESSION_COOKIE_AGE


def test_a_session_nobody_uses_ends_and_use_keeps_it(settings: Settings) -> None:
    settings.SESSION_COOKIE_AGE = 3600
    person("alice")
    with time_machine.travel(NOON, tick=False) as clock:
        browser = Browser()
        browser.sign_in("alice")
        for _ in range(4):
            clock.shift(timedelta(minutes=50))
            assert browser.client.get("/api/v1/me").status_code == 200
        ends = Session.objects.get(session_key=browser.session).expire_date
        assert ends == timezone.now() + timedelta(hours=1)
        clock.shift(timedelta(minutes=61))
        assert browser.client.get("/api/v1/me").status_code == 401


def test_an_open_page_that_only_listens_does_not_keep_the_session(settings: Settings) -> None:
    person("alice")
    with time_machine.travel(NOON, tick=False) as clock:
        browser = Browser()
        browser.sign_in("alice")
        before = Session.objects.get(session_key=browser.session).expire_date
        clock.shift(timedelta(minutes=10))
        browser.client.get("/api/v1/projects/1/events")
        assert Session.objects.get(session_key=browser.session).expire_date == before


def test_a_browser_needs_its_csrf_token_and_a_script_does_not() -> None:
    from medreview.accounts.services import create_token

    alice = person("alice")
    browser = Browser()
    browser.sign_in("alice")
    refused = browser.client.patch("/api/v1/me", {"theme": "light"}, "application/json")
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["error"]["message"]
    assert browser.ask("PATCH", "/api/v1/me", {"theme": "light"}).status_code == 200
    script = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {create_token(user=alice, name='t')}"})
    assert script.patch("/api/v1/me", {"theme": "dark"}, "application/json").status_code == 200


def test_a_new_password_ends_the_other_sessions_and_needs_the_old_one() -> None:
    person("alice")
    here, there = Browser(), Browser()
    here.sign_in("alice")
    there.sign_in("alice")
    change = AUTH + "account/password/change"
    new = "mark-and-read-8"
    wrong = here.ask("POST", change, {"current_password": "not-this-one", "new_password": new})
    weak = here.ask("POST", change, {"current_password": PASSWORD, "new_password": "short"})
    assert (wrong.status_code, weak.status_code) == (400, 400)
    assert wrong.json()["errors"][0]["param"] == "current_password"
    assert weak.json()["errors"][0]["param"] == "new_password"
    assert here.ask("POST", change, {"current_password": PASSWORD, "new_password": new}).status_code == 200
    assert here.client.get("/api/v1/me").status_code == 200
    assert there.client.get("/api/v1/me").status_code == 401
    assert Browser().sign_in("alice").status_code == 400
    assert Browser().sign_in("alice", new).status_code == 200


@pytest.mark.parametrize("path", ["auth/signup", "account/email", "auth/password/request", "auth/phone/verify"])
def test_what_the_product_does_not_use_is_not_served(path: str) -> None:
    assert Browser().ask("POST", AUTH + path, {"email": "a@example.org"}).status_code in (404, 405)
