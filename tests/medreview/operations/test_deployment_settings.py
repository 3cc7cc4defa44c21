"""docs/deployment.md and deploy/example.env name every setting that the code reads, and none that it does not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SETTING = re.compile(r"(?:MEDREVIEW_[A-Z_]+[A-Z]|DATABASE_URL)")
# Built from parts in access.py.
BUILT = {"MEDREVIEW_OIDC_CLIENT_ID", "MEDREVIEW_OIDC_CLIENT_SECRET"}
# Set by the program itself for its own processes.
OWN = {"MEDREVIEW_STOP_WITH_PARENT"}
# Read by the compose files alone.
COMPOSE = {path for path in [ROOT / "docker-compose.yml", *sorted((ROOT / "deploy").glob("compose*.yml"))]}
# What example.env has no use for: where the front end lies is fixed, SQLite and debugging are not for production.
NOT_OFFERED = {"MEDREVIEW_FRONTEND_DIST", "MEDREVIEW_SINGLE_HOST", "MEDREVIEW_DEBUG"}


def read_by_the_code() -> set[str]:
    """Names in string constants that are exactly a setting, in everything that is installed."""
    found = set(BUILT)
    for path in [*(ROOT / "medreview").rglob("*.py"), *(ROOT / "ml").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SETTING.fullmatch(node.value):
                found.add(node.value)
    return found - OWN


def read_by_compose() -> set[str]:
    return {name for path in COMPOSE for name in re.findall(r"(?<!\$)\$\{([A-Z_]+)", path.read_text(encoding="utf-8"))}


def in_the_table() -> set[str]:
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    table = text.partition("\n## Every setting\n")[2].partition("\n## ")[0]
    return {name for row in re.findall(r"(?m)^\|([^|]*)\|", table) for name in re.findall(r"`([A-Z_]+)`", row)}


def in_example_env() -> set[str]:
    text = (ROOT / "deploy" / "example.env").read_text(encoding="utf-8")
    return set(re.findall(r"(?m)^#?([A-Z][A-Z_]+)=", text))


def test_the_search_finds_settings() -> None:
    assert {"MEDREVIEW_SECRET_KEY", "DATABASE_URL", "MEDREVIEW_OIDC_ISSUER"} <= read_by_the_code()
    assert {"POSTGRES_PASSWORD", "MEDREVIEW_HTTPS_PORT"} <= read_by_compose()


def test_every_setting_is_in_the_table_and_no_other() -> None:
    assert in_the_table() == read_by_the_code() | read_by_compose() | {"COMPOSE_FILE"}


def test_example_env_offers_what_exists() -> None:
    assert in_example_env() == (read_by_the_code() | read_by_compose() | {"COMPOSE_FILE"}) - NOT_OFFERED


def test_example_env_as_it_stands_names_what_must_be_set() -> None:
    """Nothing empty but what an operator has to fill in."""
    text = (ROOT / "deploy" / "example.env").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^([A-Z_]+)=$", text) == ["MEDREVIEW_SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"]
