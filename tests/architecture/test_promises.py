"""The page of promises and the sabotage script name tests; a name that is gone would promise nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMING = ("docs/promises.md", "scripts/sabotage")
TEST = re.compile(r"tests/[\w/]+\.py(?:::\w+)*")


def named() -> list[str]:
    return sorted({found for page in NAMING for found in TEST.findall((ROOT / page).read_text(encoding="utf-8"))})


@pytest.mark.parametrize("test", named())
def test_a_named_test_exists(test: str) -> None:
    path, *names = test.split("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert set(names) <= defined, f"{path} has no {' '.join(set(names) - defined)}"
    assert any(name.startswith(("test_", "Test")) for name in defined)


def test_promises_are_named_at_all() -> None:
    assert len(named()) > 30
