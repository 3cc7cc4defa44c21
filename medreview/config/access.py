"""Settings of signing in: sessions, throttling, second factor, the organisation's sign-in (docs/access.md).

`MEDREVIEW_SESSION_IDLE_MINUTES`, `MEDREVIEW_TRUSTED_PROXIES`, `MEDREVIEW_REQUIRE_MFA`, `MEDREVIEW_OIDC_ISSUER`,
`MEDREVIEW_OIDC_CLIENT_ID`, `MEDREVIEW_OIDC_CLIENT_SECRET`, `MEDREVIEW_OIDC_NAME`, `MEDREVIEW_OIDC_SIGN_UP`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
PRODUCTION = env.bool("MEDREVIEW_PRODUCTION", default=False)

# Who may make projects: its maker manages it, and managers see the shared inbox of received studies.
PROJECTS_MADE_BY = env.str("MEDREVIEW_PROJECTS_MADE_BY", default="operators" if PRODUCTION else "anyone")
if PROJECTS_MADE_BY not in ("anyone", "operators"):
    raise ImproperlyConfigured(f"MEDREVIEW_PROJECTS_MADE_BY is anyone or operators, not {PROJECTS_MADE_BY!r}.")

# Sessions: rows, so that signing out ends them everywhere at once. Each use moves the end.
SESSION_COOKIE_AGE = 60 * env.int("MEDREVIEW_SESSION_IDLE_MINUTES", default=480)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "medreview.config.pages.csrf_failure"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser",)
HEADLESS_FRONTEND_URLS = {
    "account_confirm_email": "/sign-in",
    "account_reset_password": "/sign-in",
    "account_reset_password_from_key": "/sign-in",
    "account_signup": "/sign-in",
    "socialaccount_login_error": "/sign-in",
}
ACCOUNT_ADAPTER = "medreview.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
# Tries to sign in are counted by `accounts.throttle`, which says how long to wait; `login_failed` here counts codes.
ACCOUNT_RATE_LIMITS = {"login": "", "login_failed": "10/m/ip,5/300s/key"}
# How many proxies of our own stand in front and write X-Forwarded-For: the address that is counted is behind them.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("MEDREVIEW_TRUSTED_PROXIES", default=1 if PRODUCTION else 0)

MFA_ADAPTER = "medreview.accounts.adapter.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
REQUIRE_MFA = env.str("MEDREVIEW_REQUIRE_MFA", default="nobody")
if REQUIRE_MFA not in ("nobody", "managers", "all"):
    raise ImproperlyConfigured(f"MEDREVIEW_REQUIRE_MFA is one of nobody, managers, all; not {REQUIRE_MFA!r}")

OIDC_ISSUER = env.str("MEDREVIEW_OIDC_ISSUER", default="")
OIDC_SIGN_UP = env.str("MEDREVIEW_OIDC_SIGN_UP", default="invited")
if OIDC_SIGN_UP not in ("invited", "any"):
    raise ImproperlyConfigured(f"MEDREVIEW_OIDC_SIGN_UP is invited or any; not {OIDC_SIGN_UP!r}")


def _oidc_app() -> dict[str, Any]:
    given = {name: env.str(f"MEDREVIEW_OIDC_{name}", default="") for name in ("CLIENT_ID", "CLIENT_SECRET")}
    for name, value in given.items():
        if not value:
            raise ImproperlyConfigured(f"MEDREVIEW_OIDC_ISSUER is set, so MEDREVIEW_OIDC_{name} must be set too")
    return {
        "provider_id": "organisation",
        "name": env.str("MEDREVIEW_OIDC_NAME", default="your organisation"),
        "client_id": given["CLIENT_ID"],
        "secret": given["CLIENT_SECRET"],
        "settings": {"server_url": OIDC_ISSUER, "oauth_pkce_enabled": True},
    }


SOCIALACCOUNT_ADAPTER = "medreview.accounts.adapter.SocialAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [_oidc_app()] if OIDC_ISSUER else []}}
# Who has an account here is found by the address that the organisation says it has confirmed.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_STORE_TOKENS = False


def shared_cache(redis_url: str) -> dict[str, Any]:
    """Where web processes count together: the broker's server, under a prefix of its own."""
    options = {"socket_connect_timeout": 1, "socket_timeout": 1}
    return {
        "default": {
            "BACKEND": "medreview.core.cache.SharedCache",
            "LOCATION": redis_url,
            "KEY_PREFIX": "medreview",
            "OPTIONS": options,
        }
    }


def content_security_policy() -> dict[str, Any]:
    """Scripts from here only. WebAssembly decodes images; styles are set inline by the viewer and by Mantine."""
    oidc = urlsplit(OIDC_ISSUER)
    # Chromium holds form-action against redirects too, and signing in elsewhere is a form that redirects.
    elsewhere = [f"{oidc.scheme}://{oidc.netloc}"] if OIDC_ISSUER else []
    return {
        "DIRECTIVES": {
            "default-src": ["'self'"],
            "script-src": ["'self'", "'wasm-unsafe-eval'"],
            "worker-src": ["'self'", "blob:"],
            "connect-src": ["'self'", "blob:", "data:"],
            "img-src": ["'self'", "data:", "blob:"],
            "style-src": ["'self'", "'unsafe-inline'"],
            "font-src": ["'self'", "data:"],
            "frame-ancestors": ["'none'"],
            "object-src": ["'none'"],
            "base-uri": ["'self'"],
            "form-action": ["'self'", *elsewhere],
        },
    }
