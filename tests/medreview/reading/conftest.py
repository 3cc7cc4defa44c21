"""Helpers to act on readings over HTTP."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from rest_framework.test import APIClient

from medreview.cases.models import Case
from medreview.reading.models import Reading
from tests.factories import World, grid_of, make_world

_ids = itertools.count(1)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def operation(kind: str, op_id: str | None = None, **payload: Any) -> dict[str, Any]:
    return {"op_id": op_id or f"op-{next(_ids)}", "kind": kind, "payload": payload}


def paint(case: Case, finding: str = "f1", label: str = "lesion", k: int = 2, runs: Any = (5, 3)) -> dict[str, Any]:
    return operation(
        "paint", finding_id=finding, label_key=label, grid_id=grid_of(case).pk, tool="brush",
        slices=[{"k": k, "runs": list(runs)}],
    )  # fmt: skip


def claim(client: APIClient, case: Case) -> Reading:
    answer = client.post(f"/api/v1/cases/{case.pk}/claim")
    assert answer.status_code == 200, answer.json()
    return Reading.objects.get(pk=answer.json()["reading_id"])


def post(client: APIClient, reading: Reading, *operations: dict[str, Any], base: int | None = None) -> Any:
    headers = {} if base is None else {"HTTP_IF_MATCH": f'"{base}"'}
    return client.post(
        f"/api/v1/readings/{reading.pk}/operations", {"operations": list(operations)}, format="json", **headers
    )


def submit(client: APIClient, reading: Reading, **body: Any) -> Any:
    sequence = Reading.objects.get(pk=reading.pk).sequence
    return client.post(f"/api/v1/readings/{reading.pk}/submit", body, format="json", HTTP_IF_MATCH=f'"{sequence}"')


def decide(client: APIClient, reading: Reading, outcome: str, *reasons: str) -> Any:
    body = {"outcome": outcome, "reasons": list(reasons), "note": ""}
    return client.post(f"/api/v1/readings/{reading.pk}/decision", body, format="json")
