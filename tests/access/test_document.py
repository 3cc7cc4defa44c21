"""The OpenAPI document against the product: requests made from it, by a manager, while other projects exist.

No server error, no status and no shape that the document does not name. The addresses point at real objects most of
the time, so that the requests get past the door. `make soak` asks more often.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from medreview.accounts.services import create_token
from tests.access.world import Stage, set_stage

pytestmark = pytest.mark.django_db
DOCUMENT = Path(__file__).resolve().parents[2] / "frontend" / "src" / "api" / "openapi.json"
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
HOW = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": list(HealthCheck),
}
schema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text(encoding="utf-8")))
schema.app = get_wsgi_application()


@pytest.fixture
def stage(db: None) -> Iterator[Stage]:
    """The stage in the test's transaction, whose connection a request must leave open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield set_stage()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def token(stage: Stage) -> str:
    return create_token(user=stage.people["manager"], name="property test")


def ask(case: Any, stage: Stage, token: str) -> None:
    """Send the request; three of four go to an object of the manager's project, the rest where they were made for."""
    made_for = dict(case.path_parameters or {})
    real = {name: stage.mine[name] for name in made_for if name in stage.mine}
    if zlib.crc32(repr((made_for, case.query, case.body)).encode()) % 4:
        case.path_parameters = {**made_for, **real}
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)


@schema.parametrize()
@settings(max_examples=8, **HOW)
def test_the_api_answers_as_documented(case: Any, stage: Stage, token: str) -> None:
    ask(case, stage, token)


@pytest.mark.soak
@schema.parametrize()
@settings(max_examples=150, **HOW)
def test_the_api_answers_as_documented_for_long(case: Any, stage: Stage, token: str) -> None:
    ask(case, stage, token)
