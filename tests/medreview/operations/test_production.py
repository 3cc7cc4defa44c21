"""Production does not start with a setting that would open it; each refusal names the setting and the cure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOUND = {
    "MEDREVIEW_PRODUCTION": "true",
    "MEDREVIEW_SECRET_KEY": "kP3w9vYt2QbL8sZr6NfXcA1mHuJd5EgTqRy7WoBi4Vx0KlSnDa6Fh",
    "MEDREVIEW_ALLOWED_HOSTS": "medreview.example.org,localhost",
    "MEDREVIEW_TRUSTED_ORIGINS": "https://medreview.example.org",
    "MEDREVIEW_REDIS_URL": "redis://:a-long-password@redis:6379/0",
    "DATABASE_URL": "postgres://medreview:pw@postgres:5432/medreview",
}
BAD = [
    ({"MEDREVIEW_SECRET_KEY": ""}, "MEDREVIEW_SECRET_KEY is not set"),
    ({"MEDREVIEW_SECRET_KEY": "short"}, "MEDREVIEW_SECRET_KEY is too short"),
    ({"MEDREVIEW_SECRET_KEY": "a" * 64}, "MEDREVIEW_SECRET_KEY is too short or too regular"),
    (
        {"MEDREVIEW_SECRET_KEY": "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz0123456789"},
        "MEDREVIEW_SECRET_KEY looks like",
    ),
    ({"MEDREVIEW_DEBUG": "true"}, "MEDREVIEW_DEBUG is on"),
    ({"MEDREVIEW_ALLOWED_HOSTS": "*"}, "MEDREVIEW_ALLOWED_HOSTS has '*'"),
    ({"MEDREVIEW_ALLOWED_HOSTS": "medreview.example.org,*"}, "MEDREVIEW_ALLOWED_HOSTS has '*'"),
    ({"MEDREVIEW_ALLOWED_HOSTS": ""}, "MEDREVIEW_ALLOWED_HOSTS is empty"),
    ({"MEDREVIEW_REDIS_URL": "redis://redis:6379/0"}, "MEDREVIEW_REDIS_URL names a broker on redis without a password"),
    ({"MEDREVIEW_REDIS_URL": "rediss://10.0.0.5:6379/0"}, "MEDREVIEW_REDIS_URL names a broker on 10.0.0.5"),
    ({"DATABASE_URL": "sqlite:////data/medreview.sqlite3"}, "The database is SQLite"),
    ({"DATABASE_URL": None}, "The database is SQLite"),
    ({"MEDREVIEW_METRICS_TOKEN": "short"}, "MEDREVIEW_METRICS_TOKEN is shorter"),
]
FINE = [
    {},
    {"MEDREVIEW_REDIS_URL": "redis://127.0.0.1:6379/0"},
    {"MEDREVIEW_REDIS_URL": "redis://localhost:6379/0"},
    {"MEDREVIEW_REDIS_URL": "redis://[::1]:6379/0"},
    {"MEDREVIEW_REDIS_URL": None},
    {"DATABASE_URL": None, "MEDREVIEW_SINGLE_HOST": "true"},
    {"MEDREVIEW_METRICS_TOKEN": "kP3w9vYt2QbL8sZr6NfX"},
]


def start(tmp_path: Path, changed: dict[str, str | None], *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the sound settings, changed; None takes a variable away."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MEDREVIEW_") and k != "DATABASE_URL"}
    given = {**kept, **SOUND, "MEDREVIEW_DATA_DIR": str(tmp_path / "data"), **changed}
    given["DJANGO_SETTINGS_MODULE"] = "medreview.config.settings"
    environment = {key: value for key, value in given.items() if value is not None}
    arguments = command or ("-c", "import medreview.config.settings")
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=120, cwd=ROOT
    )


@pytest.mark.parametrize(("changed", "says"), BAD, ids=lambda value: str(value)[:60])
def test_a_bad_setting_is_refused_by_name(tmp_path: Path, changed: dict[str, str | None], says: str) -> None:
    done = start(tmp_path, changed)
    assert done.returncode != 0
    assert says in done.stderr
    assert done.stderr.count("\n- ") == 1, "one bad setting, one reason"


@pytest.mark.parametrize("changed", FINE, ids=lambda value: str(value)[:60])
def test_a_sound_setting_starts(tmp_path: Path, changed: dict[str, str | None]) -> None:
    done = start(tmp_path, changed)
    assert done.returncode == 0, done.stderr


def test_all_reasons_are_told_at_once(tmp_path: Path) -> None:
    done = start(tmp_path, {"MEDREVIEW_SECRET_KEY": "", "MEDREVIEW_ALLOWED_HOSTS": "*", "MEDREVIEW_DEBUG": "true"})
    assert done.stderr.count("\n- ") == 3


def test_a_demo_with_published_passwords_does_not_become_production(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "demo_users.json").write_text("[]")
    done = start(tmp_path, {})
    assert done.returncode != 0
    assert "published passwords" in done.stderr


def test_the_secret_is_never_printed(tmp_path: Path) -> None:
    secret = "medreview-secret-" + "x1y2z3" * 8
    done = start(tmp_path, {"MEDREVIEW_SECRET_KEY": secret})
    assert done.returncode != 0
    assert secret not in done.stderr


def test_a_laptop_needs_no_settings(tmp_path: Path) -> None:
    done = start(tmp_path, dict.fromkeys(SOUND))
    assert done.returncode == 0, done.stderr
    assert oct((tmp_path / "data" / "secret_key").stat().st_mode)[-3:] == "600"


def test_a_data_directory_that_is_none_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    done = start(tmp_path, dict.fromkeys(SOUND), "-m", "medreview.cli", "user", "token", "eva")
    assert done.returncode == 1
    assert "the data directory cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_deployment_check_has_nothing_to_say(tmp_path: Path) -> None:
    done = start(tmp_path, {}, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues (0 silenced)" in done.stdout


@pytest.mark.parametrize(
    ("name", "value"), [("MEDREVIEW_LOG_FORMAT", "xml"), ("MEDREVIEW_LOG_LEVEL", "loud")], ids=lambda v: v
)
def test_an_unknown_log_setting_is_refused(tmp_path: Path, name: str, value: str) -> None:
    done = start(tmp_path, {name: value})
    assert done.returncode != 0
    assert name in done.stderr
