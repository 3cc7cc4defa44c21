"""What the import contracts cannot see: torch in a web process, writes outside services, sizes of modules."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    p for folder in ("medreview", "ml") for p in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in p.parts
]
GENERATED = ROOT / "frontend" / "src" / "api" / "schema.ts"
FRONT_END = [
    p for p in sorted((ROOT / "frontend" / "src").rglob("*")) if p.suffix in {".ts", ".tsx", ".css"} and p != GENERATED
]
WRITES = {"save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
WRITERS = ("services", "runner.py", "core", "demo", "cli", "migrations", "parse")


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_web_process_has_no_torch() -> None:
    loaded = run_python(
        "import os, sys; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'medreview.config.settings');"
        "from medreview.config.asgi import application;"
        "from django.urls import get_resolver; get_resolver().url_patterns;"
        "print([m for m in ('torch', 'torchvision', 'monai') if m in sys.modules])"
    )
    assert loaded == "[]"


def test_the_light_worker_has_no_torch() -> None:
    loaded = run_python(
        "import sys; from medreview.config.celery import app; app.loader.import_default_modules();"
        "print([m for m in ('torch', 'torchvision', 'monai') if m in sys.modules])"
    )
    assert loaded == "[]"


def test_every_job_kind_that_is_enqueued_has_a_handler() -> None:
    enqueued = {
        node.args[0].value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "attr", "") == "enqueue" or getattr(node.func, "id", "") == "enqueue")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    handled = run_python(
        "from medreview.config.celery import app; app.loader.import_default_modules();"
        "from medreview.core.jobs import KINDS; print(' '.join(sorted(KINDS)))"
    ).split()
    assert enqueued, "no enqueue call was found: the test looks in the wrong place"
    assert enqueued <= set(handled)


def test_every_job_kind_has_an_owner_in_a_web_process() -> None:
    """Else a job that is canceled there would leave its target waiting for ever."""
    owned, handled = run_python(
        "from medreview.config.celery import app; from medreview.core.job_owners import OWNERS;"
        "owned = sorted(OWNERS); app.loader.import_default_modules(); from medreview.core.jobs import KINDS;"
        "print(' '.join(owned)); print(' '.join(sorted(KINDS)))"
    ).splitlines()
    assert owned == handled


def test_rows_are_written_by_services_only() -> None:
    offenders = [
        f"{path.relative_to(ROOT)}:{node.lineno} .{node.func.attr}("
        for path in SOURCES
        if "medreview" in path.parts
        and not any(part in WRITERS or part.startswith("services") for part in path.relative_to(ROOT).parts)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WRITES
        and _looks_like_rows(node.func.value)
    ]
    assert offenders == []


def _looks_like_rows(target: ast.expr) -> bool:
    """True for `X.objects.…` chains: dictionaries and sets have `update` too."""
    return any(isinstance(node, ast.Attribute) and node.attr == "objects" for node in ast.walk(target))


@pytest.mark.parametrize("path", [*SOURCES, *FRONT_END], ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_is_over_500_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


def test_nothing_is_unpickled() -> None:
    banned = ("pickle.load", "torch.load(", "allow_pickle=True", "yaml.load(", "marshal.load", "joblib.load")
    found = [f"{p.relative_to(ROOT)}: {word}" for p in SOURCES for word in banned if word in p.read_text()]
    assert found == []
