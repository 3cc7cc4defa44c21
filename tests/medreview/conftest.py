"""Every JSON answer that a test gets from the API is held against the OpenAPI document."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

DOCUMENT = Path(__file__).resolve().parents[2] / "frontend" / "src" / "api" / "openapi.json"


@cache
def _document() -> dict[str, Any]:
    """The document, with every object closed: a field that it does not name is a fault as well."""
    document: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return document


@cache
def _validator(path: str, method: str, status: int) -> Draft202012Validator | None:
    answers = _document()["paths"].get(path, {}).get(method, {}).get("responses", {})
    schema = answers.get(str(status), {}).get("content", {}).get("application/json", {}).get("schema")
    assert schema or not answers or status >= 300 or status == 204, f"{method} {path} does not document {status}"
    return Draft202012Validator({**schema, "components": _document()["components"]}) if schema else None


@pytest.fixture
def threaded_db(transactional_db: None) -> Iterator[None]:
    """A database whose commits other threads and processes see.

    Frozen marks and splits refuse to be deleted, so that the flush after the test would fail: their triggers are put
    aside while the tables are emptied, then put back as they were.
    """
    yield
    if connection.vendor != "sqlite":
        return  # PostgreSQL flushes with TRUNCATE, which row triggers do not see
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        call_command("flush", verbosity=0, interactive=False)
        for _, sql in triggers:
            cursor.execute(sql)


@pytest.fixture(autouse=True)
def _staging_is_empty() -> None:
    """A rolled-back test frees its import's id: the next import with this id must not find the files of the other."""
    for left in Path(settings.STAGING_DIR).glob("import-*"):
        shutil.rmtree(left, ignore_errors=True)


@pytest.fixture(autouse=True)
def _answers_fit_their_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Client.request

    def request(self: Client, **environ: Any) -> Any:
        response = plain(self, **environ)
        match = response.resolver_match
        if match and response.get("Content-Type") == "application/json":
            path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", match.route)
            validator = _validator(path, environ["REQUEST_METHOD"].lower(), response.status_code)
            if validator is not None:
                fault = best_match(validator.iter_errors(response.json()))
                assert fault is None, f"{environ['REQUEST_METHOD']} {path}, {fault.json_path}: {fault.message}"
        return response

    monkeypatch.setattr(Client, "request", request)
