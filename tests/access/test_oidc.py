"""Signing in by the organisation: the whole round against a provider over HTTP, and who is let in by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from pytest_django import Settings

from medreview.accounts.adapter import MfaAdapter
from medreview.accounts.models import User
from tests.access.provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.access.signing import AUTH, Browser, code_of, person

pytestmark = pytest.mark.django_db
CALLBACK = "/accounts/oidc/organisation/login/callback/"
REDIRECT = AUTH + "auth/provider/redirect"


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    made = Provider()
    app = {
        "provider_id": "organisation", "name": "the hospital", "client_id": CLIENT_ID, "secret": CLIENT_SECRET,
        "settings": {"server_url": made.url, "oauth_pkce_enabled": True},
    }  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    yield made
    made.close()


def leave(browser: Browser) -> Any:
    """The form on the sign-in page that goes to the provider."""
    form = {"provider": "organisation", "callback_url": "/", "process": "login"}
    token = browser.client.cookies["csrftoken"].value
    return browser.client.post(REDIRECT, {**form, "csrfmiddlewaretoken": token})


def sign_in_there(browser: Browser, provider: Provider) -> Any:
    away = leave(browser)
    assert away.status_code == 302, away.content
    assert away["Location"].startswith(provider.url + "/authorize")
    return browser.client.get(CALLBACK, provider.approve(away["Location"]))


def test_the_sign_in_page_is_told_of_the_provider(provider: Provider) -> None:
    config = Browser().client.get(AUTH + "config").json()["data"]
    assert [(one["id"], one["name"]) for one in config["socialaccount"]["providers"]] == [
        ("organisation", "the hospital")
    ]


def test_who_was_invited_by_address_comes_in_as_the_person_they_are(provider: Provider) -> None:
    carla = person("carla-here", email="carla@example.org")
    provider.claims |= {"email": "carla@example.org", "email_verified": True}
    browser = Browser()
    before = browser.client.cookies.get("sessionid")
    back = sign_in_there(browser, provider)
    assert (back.status_code, back["Location"]) == (302, "/")
    assert browser.client.get("/api/v1/me").json()["id"] == carla.pk
    assert before is None or before.value != browser.session
    assert User.objects.count() == 1
    again = Browser()
    provider.claims |= {"email": "new-address@example.org"}
    sign_in_there(again, provider)
    assert again.client.get("/api/v1/me").json()["id"] == carla.pk, "known by the provider's own number from then on"


@pytest.mark.parametrize("claims", [
    {"email": "stranger@example.org", "email_verified": True},
    {"email": "carla@example.org", "email_verified": False},
    {},
])  # fmt: skip
def test_a_stranger_and_an_unconfirmed_address_are_not_let_in(provider: Provider, claims: dict[str, Any]) -> None:
    person("carla-here", email="carla@example.org")
    provider.claims |= claims
    browser = Browser()
    back = sign_in_there(browser, provider)
    assert back.status_code == 302
    assert back["Location"] == "/?error=signup_closed&error_process=login"
    assert browser.client.get("/api/v1/me").status_code == 401
    assert User.objects.count() == 1


def test_an_installation_may_let_in_everybody_whom_the_provider_knows(provider: Provider, settings: Settings) -> None:
    settings.OIDC_SIGN_UP = "any"
    provider.claims |= {"email": "new@example.org", "email_verified": True}
    browser = Browser()
    sign_in_there(browser, provider)
    me = browser.client.get("/api/v1/me").json()
    assert (me["username"], me["projects"]) == ("carla", [])


def test_a_round_begun_by_somebody_else_ends_nowhere(provider: Provider) -> None:
    person("carla-here", email="carla@example.org")
    provider.claims |= {"email": "carla@example.org", "email_verified": True}
    attacker, victim = Browser(), Browser()
    carried = provider.approve(leave(attacker)["Location"])
    assert victim.client.get(CALLBACK, carried).status_code in (302, 401)
    assert victim.client.get("/api/v1/me").status_code == 401


def test_a_second_factor_set_up_here_is_asked_for_after_the_provider_as_well(provider: Provider) -> None:
    carla = person("carla-here", email="carla@example.org")
    provider.claims |= {"email": "carla@example.org", "email_verified": True}
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    Authenticator.objects.create(user=carla, type="totp", data={"secret": MfaAdapter().encrypt(secret)})
    browser = Browser()
    sign_in_there(browser, provider)
    assert browser.client.get("/api/v1/me").status_code == 401
    assert browser.ask("POST", AUTH + "auth/2fa/authenticate", {"code": code_of(secret)}).status_code == 200
    assert browser.client.get("/api/v1/me").json()["id"] == carla.pk


def test_going_to_the_provider_needs_the_csrf_token(provider: Provider) -> None:
    browser = Browser()
    form = {"provider": "organisation", "callback_url": "/", "process": "login"}
    assert browser.client.post(REDIRECT, form).status_code == 403


def test_coming_back_goes_to_our_own_pages_only(provider: Provider) -> None:
    browser = Browser()
    token = browser.client.cookies["csrftoken"].value
    form = {"provider": "organisation", "callback_url": "https://evil.example/", "process": "login"}
    answer = browser.client.post(REDIRECT, {**form, "csrfmiddlewaretoken": token})
    assert not answer.get("Location", "").startswith(provider.url)
