"""The front end's types come from the OpenAPI document, so the committed one must be what the serializers say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

DOCUMENT = Path(__file__).resolve().parents[2] / "frontend" / "src" / "api" / "openapi.json"


def test_the_committed_openapi_document_is_current(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.json"
    options = ("--format", "openapi-json", "--validate", "--fail-on-warn")
    call_command("spectacular", *options, "--file", str(fresh))
    # Not by `==` in an assert: pytest would print both documents.
    if fresh.read_bytes() != DOCUMENT.read_bytes():
        changed = differing(json.loads(fresh.read_text()), json.loads(DOCUMENT.read_text()))
        pytest.fail(f"Run `make schema` and commit what it writes; openapi.json is old in: {', '.join(changed)}")


def differing(new: dict[str, Any], old: dict[str, Any]) -> list[str]:
    """The addresses and shapes that are not the same in both documents."""
    parts = [(new["paths"], old["paths"]), (new["components"]["schemas"], old["components"]["schemas"])]
    return [name for a, b in parts for name in sorted({*a, *b}) if a.get(name) != b.get(name)] or ["its head"]
