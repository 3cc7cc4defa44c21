"""Headers of real answers: no foreign scripts, no guessing of types, and nothing a person sent is shown as a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as live_settings

from tests.access.routes import address
from tests.access.table import API, ROWS, WEB, Row
from tests.access.world import Stage, set_stage

pytestmark = pytest.mark.django_db
ACTIVE = ("text/html", "image/svg", "application/xhtml", "text/xml", "application/xml", "text/javascript")


@pytest.fixture
def stage(db: None) -> Stage:
    return set_stage()


def policy(answer: Any) -> dict[str, set[str]]:
    parts = [part.split() for part in answer["Content-Security-Policy"].split(";") if part.strip()]
    return {name: set(values) for name, *values in parts}


@pytest.mark.parametrize(
    "path", ["/", "/p/brain/worklist", "/sign-in", "/healthz", "/api/docs/", "/api/v1/me", "/api/v1/nothing"]
)
def test_the_policy_allows_no_evaluated_text_and_no_foreign_code(stage: Stage, path: str) -> None:
    answer = stage.client("manager").get(path)
    allowed = policy(answer)
    assert allowed["script-src"] == {"'self'", "'wasm-unsafe-eval'"}
    assert allowed["default-src"] == {"'self'"}
    assert allowed["object-src"] == allowed["frame-ancestors"] == {"'none'"}
    assert allowed["base-uri"] == allowed["form-action"] == {"'self'"}
    everywhere = set.union(*allowed.values())
    assert "'unsafe-eval'" not in everywhere
    assert {name for name, values in allowed.items() if "'unsafe-inline'" in values} == {"style-src"}
    assert not {value for value in everywhere if value.startswith(("http", "*", "//"))}
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


READS = [row for row in ROWS if row.method == "GET" and row.route.startswith((API, WEB))]


@pytest.mark.parametrize("row", READS, ids=str)
def test_no_answer_of_the_api_is_a_page(stage: Stage, row: Row) -> None:
    answer = stage.client("manager").get(address(row, stage.mine))
    assert not answer["Content-Type"].startswith(ACTIVE), answer["Content-Type"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    if row.route.endswith("/download"):
        assert answer["Content-Disposition"].startswith("attachment")


def test_a_page_is_never_kept_and_never_framed(stage: Stage) -> None:
    answer = stage.client("anonymous").get("/sign-in")
    assert "no-store" in answer["Cache-Control"]
    assert live_settings.X_FRAME_OPTIONS == "DENY"
