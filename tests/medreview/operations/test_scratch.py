"""An import sweeps what killed workers left, but not the folder in which an idle receiver will write its next file."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from medreview.archive.services import import_paths
from tests import phantoms
from tests.factories import make_world


@pytest.mark.django_db
def test_the_folder_of_an_idle_receiver_outlives_a_sweep(tmp_path: Path, settings: Any) -> None:
    settings.STAGING_DIR, settings.STORAGE_DIR = tmp_path / "staging", tmp_path / "blobs"
    idle, killed = settings.STAGING_DIR / "ingest-dimse-idle", settings.STAGING_DIR / "ingest-killed"
    for folder in (idle, killed):
        folder.mkdir(parents=True)
    (killed / "file").write_bytes(b"of a patient")
    for folder in (idle, killed):
        os.utime(folder, (time.time() - 2 * 86_400,) * 2)
    world = make_world()
    import_paths(project=world.project, actor=world.mona, paths=[phantoms.write_mr_series(tmp_path / "in").folder])
    assert idle.exists()
    assert not killed.exists()
