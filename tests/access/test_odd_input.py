"""Whatever is sent to the addresses of signing in: a refusal, never a server error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.cache import cache

from tests.access.routes import address
from tests.access.signing import AUTH, Browser, person
from tests.access.table import AUTH as AUTH_ROUTES
from tests.access.table import ROWS, Row
from tests.access.world import Stage, set_stage

pytestmark = pytest.mark.django_db
FIELDS = (
    "username",
    "email",
    "password",
    "code",
    "current_password",
    "new_password",
    "provider",
    "callback_url",
    "process",
)
VALUES: tuple[Any, ...] = (
    None, True, 7, -1.5, 10**40, "", " ", "\x00", "a\x00b", "\ud800", "x" * 100_000, "👩‍⚕️" * 50, "../../etc/passwd",
    [], ["a", "b"], {}, {"a": {"b": []}}, "javascript:alert(1)", "//evil.example", "²³",
)  # fmt: skip
BODIES = (
    b"", b"null", b"[]", b'"x"', b"{", b"\xff\xfe", b"[" * 100_000, b'{"username":' * 20_000, b"NaN", b"{}" * 3,
    *(json.dumps(dict.fromkeys(FIELDS, value)).encode() for value in VALUES),
)  # fmt: skip
POSTED = [row for row in ROWS if row.route.startswith(AUTH_ROUTES) and row.method != "GET"]


@pytest.fixture
def stage(db: None) -> Stage:
    return set_stage()


@pytest.mark.parametrize("row", POSTED, ids=str)
def test_no_body_is_a_server_error(stage: Stage, row: Row) -> None:
    where = address(row, stage.mine)
    for persona in ("anonymous", "manager"):
        for body in BODIES:
            cache.clear()  # or the throttle would answer for what comes after it
            for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain"):
                answer = stage.client(persona).generic(row.method, where, body, kind)
                assert answer.status_code < 500, (persona, kind, body[:60])


@pytest.mark.parametrize("forwarded", ["", "nonsense", "1.2.3.4", "::1, 10.0.0.1, x", "9" * 5000, "\x7f"])
@pytest.mark.parametrize("proxies", [0, 1, 3])
def test_no_forwarded_address_is_a_server_error(settings: Any, forwarded: str, proxies: int) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    person("alice")
    browser = Browser()
    browser.client.defaults["HTTP_X_FORWARDED_FOR"] = forwarded
    assert browser.sign_in("alice").status_code == 200
    assert browser.ask("DELETE", AUTH + "auth/session").status_code == 401
