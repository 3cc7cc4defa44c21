"""Every known-bad input that a file or a zip can carry has the stated answer, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from django.conf import settings

from medreview.archive.models import Grid, Import, Instance, Patient, Quarantined
from medreview.core import blobs
from medreview.core.models import AuditEvent, Blob
from tests.medreview.archive.conftest import TakeIn
from tests.medreview.archive.hostile_corpus import ROWS, Row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.id}: {row.what}")
def test_the_stated_answer(take_in: TakeIn, tmp_path: Path, row: Row) -> None:
    row.make(tmp_path / "in")
    import_ = take_in(tmp_path / "in")
    items = list(import_.items.all())
    found = [(item.outcome, item.rule, item.reason) for item in items]
    wanted = row.outcome.split("+") if "+" in row.outcome else [row.outcome]
    for one in wanted:
        assert any(item.outcome in one.split("|") for item in items), found
    assert {item.outcome for item in items} <= {part for one in wanted for part in one.split("|")}, found
    if row.rule:
        assert any(item.rule.startswith(tuple(row.rule.split("|"))) for item in items), found
    assert all(item.reason for item in items if item.outcome != "accepted")
    _leaves_a_trace(import_, row)
    _leaves_nothing_else(row)


def _leaves_a_trace(import_: Import, row: Row) -> None:
    """One audit row says what came of it, and names the rule that turned it away."""
    event = AuditEvent.objects.get(action="import.ingested", object_id=str(import_.pk))
    turned_away = [item.rule for item in import_.items.all() if item.outcome in ("refused", "quarantined")]
    assert set(event.detail["rules"]) == set(turned_away)
    if row.id == "H07":
        assert event.detail["sanitised"] == 1


def _leaves_nothing_else(row: Row) -> None:
    assert not [path for path in Path(settings.STAGING_DIR).rglob("*") if path.is_file()]
    if row.outcome == "refused":
        assert not Instance.objects.exists()
        assert not Blob.objects.exists()
    assert Quarantined.objects.exists() == ("quarantined" in row.outcome)
    for instance in Instance.objects.all():
        stored = blobs.read(instance.stored_id)
        assert stored[:128] == bytes(128)
        assert not stored.endswith(b"AAAA")
        assert "\x00" not in str(instance.header)
        assert pydicom.dcmread(blobs.path_of(instance.stored_id)).SOPInstanceUID == instance.sop_instance_uid
    if row.id == "H67":
        assert not any(grid.spacing_known for grid in Grid.objects.all())
    if row.id == "H72":
        assert len(set(Patient.objects.values_list("split_key", flat=True))) == 1


def test_the_table_covers_the_kinds_that_a_file_or_a_zip_can_carry() -> None:
    kinds = [*range(1, 16), *range(20, 37), *range(40, 53), *range(60, 73), *range(80, 86)]
    # H27 is a file that hangs (test_hostile), H82 and H83 are requests (test_doors_api).
    elsewhere = {27, 82, 83}
    assert {f"H{n:02}" for n in kinds if n not in elsewhere} == {row.id for row in ROWS}
