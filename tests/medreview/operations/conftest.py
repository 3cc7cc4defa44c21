"""A small true project with images, an approved reading and an open draft, and the `medreview` program beside it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from medreview.archive.services import import_paths
from medreview.cases.models import Case
from medreview.core import jobs
from medreview.core.models import Job, JobState
from medreview.reading import tasks  # noqa: F401 (declares the export job)
from medreview.reading.models import Export, Reading
from tests import phantoms
from tests.factories import World, make_world
from tests.medreview.reading.conftest import claim, decide, paint, post, submit

_NOT_HANDED_ON = ("MEDREVIEW_REDIS_URL", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "MEDREVIEW_PRODUCTION")
IDS = ("ZEBRA-7741", "LYNX-0093", "OTTER-5520")


@dataclass
class Seeded:
    """Three imported patients; the first has an approved reading, the second an open draft."""

    world: World
    folders: list[phantoms.Phantom]
    cases: list[Case]
    approved: Reading
    draft: Reading


@pytest.fixture
def seeded(threaded_db: None, tmp_path: Path) -> Seeded:
    """Committed, so that other processes and connections see it."""
    return seed(make_world(allow_self_review=True), tmp_path)


def seed(world: World, folder: Path) -> Seeded:
    made = [
        phantoms.write_mr_series(folder / f"patient{number}", patient_id=patient_id, seed=number)
        for number, patient_id in enumerate(IDS)
    ]
    import_paths(project=world.project, actor=world.mona, paths=[phantom.folder for phantom in made])
    cases = [Case.objects.get(patient__patient_id=patient_id) for patient_id in IDS]
    alice, bob = world.client("alice"), world.client("bob")
    approved = claim(alice, cases[0])
    assert (
        post(alice, approved, paint(cases[0], k=2), paint(cases[0], "f2", k=3, runs=(20, 4)), base=0).status_code == 200
    )
    assert submit(alice, approved).status_code == 200
    assert decide(bob, approved, "approve").status_code == 200
    draft = claim(alice, cases[1])
    assert post(alice, draft, paint(cases[1], "d1", k=1), base=0).status_code == 200
    return Seeded(world, made, cases, Reading.objects.get(pk=approved.pk), Reading.objects.get(pk=draft.pk))


def export(seeded: Seeded, export_format: str = "nifti") -> Export:
    """Ask for an export over HTTP and do its job."""
    answer = seeded.world.client("mona").post(
        f"/api/v1/projects/{seeded.world.project.pk}/exports", {"format": export_format}, format="json"
    )
    assert answer.status_code == 201, answer.json()
    job = Job.objects.get(kind="reading.export", target_id=answer.json()["id"])
    jobs.execute(job.pk, owner="test")
    assert Job.objects.get(pk=job.pk).state == JobState.SUCCEEDED
    return Export.objects.get(pk=answer.json()["id"])


def environment(data_dir: Path | None = None, **more: str) -> dict[str, str]:
    """For a program of its own: on this test's database and data by default, or on another data directory."""
    kept = {key: value for key, value in os.environ.items() if key not in _NOT_HANDED_ON}
    if data_dir is None:
        kept |= {"MEDREVIEW_DATA_DIR": str(settings.DATA_DIR), "DATABASE_URL": database_url()}
    else:
        kept["MEDREVIEW_DATA_DIR"] = str(data_dir)
    return {**kept, "OMP_NUM_THREADS": "1", **more}


def database_url(name: str | None = None) -> str:
    """Of this test's database, or of another one on the same server."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    place = f"{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}"
    return f"postgres://{place}/{name or given['NAME']}"


@dataclass
class Place:
    """An empty data directory and database of its own, of the kind that the tests run on."""

    data_dir: Path
    database: str = ""

    @property
    def environment(self) -> dict[str, str]:
        if not self.database:
            return environment(self.data_dir)
        return environment(self.data_dir, DATABASE_URL=database_url(self.database))

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """Asked of the database itself, past the application. Values are %s."""
        if not self.database:
            with sqlite3.connect(self.data_dir / "medreview.sqlite3") as database:
                return list(database.execute(sql.replace("%s", "?"), values))
        import psycopg

        with psycopg.connect(database_url(self.database)) as server:
            return list(server.execute(sql.encode(), values))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Place]:
    if connection.vendor == "sqlite":
        yield Place(tmp_path / "elsewhere" / "data")
        return
    name = "medreview_elsewhere"
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    yield Place(tmp_path / "elsewhere" / "data", name)
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def program(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `medreview …` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "medreview.cli", *arguments],
        capture_output=True, text=True, timeout=300, env=env or environment(),
        cwd=Path(__file__).resolve().parents[3],
    )  # fmt: skip


def result_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The JSON document that a command has printed."""
    assert done.stdout.strip(), done.stderr
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
