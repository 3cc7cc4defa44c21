"""A data directory of the release before (its commit stands in CHANGELOG) upgrades and keeps its open drafts."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests import phantoms
from tests.medreview.operations.conftest import environment, program, result_of

ROOT = Path(__file__).resolve().parents[3]
# Run by the old code, then by the new: acts on the first case over HTTP and prints what it sees of the reading.
ACT = """
import json, sys, django
django.setup()
from rest_framework.test import APIClient
from medreview.accounts.models import User
from medreview.archive.models import Grid
from medreview.cases.models import Case
client = APIClient(HTTP_HOST="localhost")
client.force_authenticate(User.objects.get(username="alice"))
case = Case.objects.order_by("id").first()
base, until = int(sys.argv[1]), int(sys.argv[2])
if base == 0:
    answer = client.post(f"/api/v1/cases/{case.pk}/claim")
    assert answer.status_code == 200, answer.content
reading_id = case.readings.get().pk
grid_id = case.stacks.first().grid_id
for number in range(base, until):
    payload = {"finding_id": "f1", "label_key": "lesion", "grid_id": grid_id, "tool": "brush",
               "slices": [{"k": 2, "runs": [number * 10, 4]}]}
    body = {"operations": [{"op_id": f"op-{number}", "kind": "paint", "payload": payload}]}
    answer = client.post(f"/api/v1/readings/{reading_id}/operations", body, format="json", HTTP_IF_MATCH=f'"{number}"')
    assert answer.status_code == 200, answer.content
shown = client.get(f"/api/v1/readings/{reading_id}").json()
print(json.dumps({"state": shown["state"], "journal": shown["journal"], "reading_id": reading_id}))
"""


def release_before() -> str:
    found = re.search(r"upgraded from commit `([0-9a-f]{7,40})`", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert found, "CHANGELOG.md names the commit whose data directories are upgraded"
    return found[1]


@pytest.fixture(scope="module")
def old_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the release before."""
    done = subprocess.run(["git", "archive", release_before(), "medreview", "ml"], cwd=ROOT, capture_output=True)
    if done.returncode:
        pytest.skip(f"the history is not here: {done.stderr.decode().strip()}")
    tree = tmp_path_factory.mktemp("old")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(tree, filter="data")
    return tree


def run(tree: Path, data_dir: Path, *arguments: str) -> Any:
    """Python in a tree of code; returns the JSON document it prints, if any."""
    env = environment(data_dir, PYTHONPATH=str(tree), DJANGO_SETTINGS_MODULE="medreview.config.settings")
    done = subprocess.run([sys.executable, *arguments], cwd=tree, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    last = done.stdout.strip().splitlines()[-1:] or [""]
    return json.loads(last[0]) if last[0].startswith("{") else None


def test_the_release_before_upgrades_and_keeps_its_drafts(old_code: Path, tmp_path: Path) -> None:
    data_dir, labels = tmp_path / "data", tmp_path / "labels.json"
    labels.write_text('[{"name": "Lesion", "kind": "segment", "key": "lesion"}]')
    phantom = phantoms.write_mr_series(tmp_path / "files", patient_id="OLD-1")
    cli = ("-m", "medreview.cli")
    run(old_code, data_dir, *cli, "migrate")
    slug = run(old_code, data_dir, *cli, "project", "create", "Old", "--labels", str(labels), "--json")["slug"]
    run(old_code, data_dir, *cli, "user", "add", "alice", "--password", "read-and-mark-7", "--project", slug, "--role",
        "annotator", "--role", "manager")  # fmt: skip
    run(old_code, data_dir, *cli, "import", str(phantom.folder), "--project", slug)
    before = run(old_code, data_dir, "-c", ACT, "0", "7")
    assert before["journal"]["seq"] == 7

    told = program("fsck", env=environment(data_dir))
    assert told.returncode == 1, "the new program says that the database is older"
    assert "medreview migrate" in told.stderr
    backup = tmp_path / "before-upgrade"
    assert program("backup", str(backup), env=environment(data_dir)).returncode == 0
    assert program("migrate", env=environment(data_dir)).returncode == 0
    checked = program("fsck", "--json", env=environment(data_dir))
    assert result_of(checked)["problems"] == []

    after = run(ROOT, data_dir, "-c", ACT, "7", "9")
    assert after["journal"]["seq"] == 9
    assert (after["state"], after["reading_id"]) == (before["state"], before["reading_id"])

    elsewhere = tmp_path / "elsewhere"
    restored = program("restore", str(backup), "--json", env=environment(elsewhere))
    assert restored.returncode == 0, restored.stderr
    again = run(ROOT, elsewhere, "-c", ACT, "7", "8")
    assert again["journal"]["seq"] == 8, "a backup of the old release restores into the new one"
