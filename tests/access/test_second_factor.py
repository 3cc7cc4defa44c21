"""The second factor end to end over HTTP: set up, sign in with a code or a recovery code, remove, and be required."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from medreview.accounts.models import User
from medreview.accounts.services import add_member, create_project, create_token
from medreview.core.models import AuditEvent
from tests.access.signing import AUTH, PASSWORD, Browser, code_of, person

pytestmark = pytest.mark.django_db
CODES = AUTH + "account/authenticators/recovery-codes"
TOTP = AUTH + "account/authenticators/totp"


def signed_in(name: str = "alice") -> tuple[User, Browser]:
    user, browser = person(name), Browser()
    assert browser.sign_in(name).status_code == 200
    return user, browser


def confirm_password(browser: Browser) -> None:
    assert browser.ask("POST", AUTH + "auth/reauthenticate", {"password": PASSWORD}).status_code == 200


def enrol(browser: Browser) -> str:
    secret = browser.ask("POST", "/api/v1/me/second-factor").json()["secret"]
    assert browser.ask("POST", TOTP, {"code": code_of(secret)}).status_code == 401, "needs a fresh password"
    confirm_password(browser)
    assert browser.ask("POST", TOTP, {"code": code_of(secret)}).status_code == 200
    return str(secret)


def pending(answer: Any) -> list[str]:
    return [flow["id"] for flow in answer.json()["data"]["flows"] if flow.get("is_pending")]


@pytest.mark.django_db(transaction=True)
def test_an_authenticator_app_is_set_up_by_picture_and_counts_after_its_first_code() -> None:
    user, browser = signed_in()
    given = browser.ask("POST", "/api/v1/me/second-factor").json()
    assert given["address"].startswith("otpauth://totp/alice?secret=" + given["secret"])
    assert given["picture"].startswith("<?xml")
    assert "<script" not in given["picture"]
    assert browser.ask("POST", "/api/v1/me/second-factor").json()["secret"] == given["secret"]
    confirm_password(browser)
    assert browser.ask("POST", TOTP, {"code": "000000"}).status_code == 400
    assert not browser.client.get("/api/v1/me").json()["second_factor"]["is_on"]
    assert browser.ask("POST", TOTP, {"code": code_of(given["secret"])}).status_code == 200
    assert browser.client.get("/api/v1/me").json()["second_factor"]["is_on"]
    assert browser.ask("POST", "/api/v1/me/second-factor").status_code == 409
    added = AuditEvent.objects.filter(actor_id=user.pk, action="accounts.totp_activated")
    assert added.count() == 1
    kept = Authenticator.objects.get(user=user, type="totp").data["secret"]
    assert given["secret"] not in kept


def test_the_password_alone_opens_nothing_and_a_code_works_once() -> None:
    _, browser = signed_in()
    with time_machine.travel("2026-03-04T12:00:10Z", tick=False) as clock:
        secret = enrol(browser)
        clock.shift(120)
        other = Browser()
        half = other.sign_in("alice")
        assert (half.status_code, pending(half)) == (401, ["mfa_authenticate"])
        assert other.client.get("/api/v1/me").status_code == 401
        assert other.ask("POST", AUTH + "auth/2fa/authenticate", {"code": "123456"}).status_code == 400
        code = code_of(secret)
        assert other.ask("POST", AUTH + "auth/2fa/authenticate", {"code": code}).status_code == 200
        assert other.client.get("/api/v1/me").status_code == 200
        again = Browser()
        again.sign_in("alice")
        assert again.ask("POST", AUTH + "auth/2fa/authenticate", {"code": code}).status_code == 400


def test_guessing_codes_is_stopped() -> None:
    _, browser = signed_in()
    with time_machine.travel("2026-03-04T12:00:10Z", tick=False) as clock:
        secret = enrol(browser)
        clock.shift(120)
        other = Browser()
        other.sign_in("alice")
        for n in range(5):
            other.ask("POST", AUTH + "auth/2fa/authenticate", {"code": f"00000{n}"})
        refused = other.ask("POST", AUTH + "auth/2fa/authenticate", {"code": code_of(secret)})
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["code"] == "too_many_login_attempts"


def test_a_recovery_code_lets_in_once() -> None:
    _, browser = signed_in()
    enrol(browser)
    made = browser.ask("POST", CODES)
    assert made.status_code == 200
    codes = made.json()["data"]["unused_codes"]
    assert len(codes) == len(set(codes)) == 10
    assert "unused_codes" not in browser.client.get(CODES).json()["data"]
    for expected in (200, 400):
        other = Browser()
        other.sign_in("alice")
        used = other.ask("POST", AUTH + "auth/2fa/authenticate", {"code": codes[0]})
        assert used.status_code == expected


def test_removing_it_needs_a_fresh_password() -> None:
    _, browser = signed_in()
    enrol(browser)
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        stale = browser.ask("DELETE", TOTP)
        assert (stale.status_code, stale.json()["meta"]["is_authenticated"]) == (401, True)
        confirm_password(browser)
        assert browser.ask("DELETE", TOTP).status_code == 200
    assert Browser().sign_in("alice").status_code == 200


@pytest.mark.parametrize(
    ("required", "manager", "annotator"), [("nobody", 200, 200), ("managers", 403, 200), ("all", 403, 403)]
)
def test_an_installation_may_ask_managers_or_everybody_for_one(
    settings: Settings, required: str, manager: int, annotator: int
) -> None:
    settings.REQUIRE_MFA = required
    carla, carlas = signed_in("carla")
    alice, alices = signed_in("alice")
    project = create_project(name="Brain", actor=carla)
    add_member(project=project, user=alice, role="annotator", actor=None)
    for browser, expected in ((carlas, manager), (alices, annotator)):
        for path in (f"/api/v1/projects/{project.pk}", "/dicomweb/brain/studies"):
            answer = browser.client.get(path)
            assert answer.status_code == expected, path
            assert expected == 200 or answer.json()["error"]["code"] == "second_factor_required"
        events = browser.client.get(f"/api/v1/projects/{project.pk}/events")
        assert events.status_code == (200 if expected == 200 else 404)
        assert browser.client.get("/api/v1/me").json()["second_factor"]["is_required"] is (expected == 403)
        if expected == 403:
            enrol(browser)
            assert browser.client.get(f"/api/v1/projects/{project.pk}").status_code == 200


def test_a_token_needs_no_code(settings: Settings) -> None:
    settings.REQUIRE_MFA = "all"
    token = create_token(user=person("alice"), name="script")
    assert Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/projects").status_code == 200
