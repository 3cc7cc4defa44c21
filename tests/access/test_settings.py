"""Settings of signing in as production reads them from its environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASK = (
    "import json; from medreview.config import access as a;"
    "print(json.dumps({name: getattr(a, name) for name in dir(a) if name.isupper()}, default=str));"
    "print(json.dumps(a.content_security_policy()['DIRECTIVES']))"
)
OIDC = {"MEDREVIEW_OIDC_ISSUER": "https://login.example.org/realms/h"}


def ask(**environment: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MEDREVIEW_")}
    return subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, env={**plain, **environment}, capture_output=True, text=True, timeout=60
    )


def settings_of(**environment: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(ask(**environment).stdout.splitlines()[0])
    return found


def test_production_sends_its_cookies_over_tls_only_and_believes_one_proxy() -> None:
    production, laptop = settings_of(MEDREVIEW_PRODUCTION="1"), settings_of()
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "ALLAUTH_TRUSTED_PROXY_COUNT")
    assert [production[name] for name in names] == [True, True, True, 1]
    assert [laptop[name] for name in names] == [False, False, True, 0]


def test_the_organisations_sign_in_needs_its_client_and_opens_the_form_to_it_only() -> None:
    missing = ask(**OIDC)
    assert missing.returncode != 0
    assert "MEDREVIEW_OIDC_CLIENT_ID must be set too" in missing.stderr
    given = ask(**OIDC, MEDREVIEW_OIDC_CLIENT_ID="c", MEDREVIEW_OIDC_CLIENT_SECRET="s")
    policy = json.loads(given.stdout.splitlines()[1])
    assert policy["form-action"] == ["'self'", "https://login.example.org"]
    assert "https://login.example.org" not in policy["script-src"]


def test_a_word_that_means_nothing_is_refused_at_the_start() -> None:
    for name in ("MEDREVIEW_REQUIRE_MFA", "MEDREVIEW_OIDC_SIGN_UP"):
        refused = ask(**{name: "perhaps"})
        assert refused.returncode != 0
        assert name in refused.stderr
        assert "perhaps" in refused.stderr
