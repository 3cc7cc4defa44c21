"""Only approved work trains; what is left out is named with a reason; freezing twice gives one row."""

from __future__ import annotations

import pytest

from medreview.labels.services import create_label_set
from medreview.learning.models import DatasetSnapshot
from medreview.learning.selectors.snapshot import draft_snapshot
from medreview.learning.services.snapshots import freeze_snapshot, freeze_test_set
from medreview.reading.models import LabelStatement
from tests.medreview.learning.factories import TWO_LABELS, make_case, make_project, make_reading, make_ready

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", ["in_progress", "submitted", "returned"])
def test_a_reading_that_is_not_approved_is_excluded_and_the_snapshot_says_why(state: str) -> None:
    project = make_project()
    make_ready(project)
    waiting = make_case(project)
    make_reading(waiting, state=state)
    snapshot = freeze_snapshot(project=project, task="segmentation")
    assert waiting.pk not in {row["case_id"] for row in snapshot.manifest["readings"]}
    assert [(row["case_id"], row["reason_code"]) for row in snapshot.excluded] == [(waiting.pk, "not_approved")]
    assert "not approved" in snapshot.excluded[0]["reason"]


def test_rejected_blocked_excluded_and_unassessed_cases_are_named_with_their_reasons() -> None:
    project = make_project()
    make_ready(project)
    cases = {
        "rejected": make_case(project),
        "geometry": make_case(project, blocks_training=True),
        "case_excluded": make_case(project, excluded="equal pixels as a case of another side"),
        "nothing_assessed": make_case(project),
    }
    make_reading(cases["rejected"], state="rejected")
    make_reading(cases["geometry"])
    make_reading(cases["case_excluded"])
    make_reading(cases["nothing_assessed"], statements={"lesion": "not_assessed"})
    draft = draft_snapshot(project, "segmentation")
    assert {one.reason_code: one.case_id for one in draft.excluded} == {k: c.pk for k, c in cases.items()}
    assert "geometry.missing_slice" in next(e.reason for e in draft.excluded if e.reason_code == "geometry")


def test_a_label_that_was_not_assessed_stays_not_assessed() -> None:
    project = make_project()
    make_reading(make_case(project), statements={"lesion": "marked", "edema": "not_assessed"})
    make_reading(make_case(project), statements={"lesion": "searched_none"})
    used = draft_snapshot(project, "segmentation").used
    assert [one.label_status for one in used] == [
        {"lesion": "marked", "edema": "not_assessed"},
        {"lesion": "searched_none", "edema": "not_assessed"},
    ]


def test_a_label_added_later_leaves_old_cases_not_assessed() -> None:
    project = make_project()
    make_reading(make_case(project))
    create_label_set(project=project, labels=[*TWO_LABELS, {"key": "cyst", "name": "Cyst"}], actor=None)  # type: ignore[list-item]
    status = draft_snapshot(project, "segmentation").used[0].label_status
    assert status == {"lesion": "marked", "edema": "searched_none", "cyst": "not_assessed"}


def test_a_key_that_meant_something_else_in_the_old_label_set_is_not_assessed() -> None:
    project = make_project()
    make_reading(make_case(project))
    changed = [{**TWO_LABELS[0], "scheme": "SCT", "value": "52988006"}, TWO_LABELS[1]]
    create_label_set(project=project, labels=changed, actor=None)  # type: ignore[arg-type]
    assert draft_snapshot(project, "segmentation").used[0].label_status["lesion"] == "not_assessed"


def test_a_mark_on_no_voxel_of_the_learned_stack_does_not_make_the_case_a_negative() -> None:
    project = make_project()
    reading = make_reading(make_case(project), statements={"edema": "searched_none"})
    LabelStatement.objects.create(reading=reading, label_key="lesion", status="marked")
    status = draft_snapshot(project, "segmentation").used[0].label_status
    assert status == {"lesion": "not_assessed", "edema": "searched_none"}


def test_freezing_twice_gives_one_row_and_new_work_gives_another() -> None:
    project = make_project()
    make_ready(project)
    first = freeze_snapshot(project=project, task="segmentation")
    assert freeze_snapshot(project=project, task="segmentation").pk == first.pk
    make_reading(make_case(project))
    second = freeze_snapshot(project=project, task="segmentation")
    assert second.sha256 != first.sha256
    assert DatasetSnapshot.objects.count() == 2
    row = first.manifest["readings"][0]
    assert set(row) >= {"reading_id", "version_ids", "side", "patient_key", "label_status"}


def test_the_test_set_is_numbered_anew_only_when_a_test_case_was_added() -> None:
    project = make_project()
    make_ready(project)
    first = freeze_test_set(snapshot=freeze_snapshot(project=project, task="segmentation"))
    make_reading(make_case(project, "train"))
    same = freeze_test_set(snapshot=freeze_snapshot(project=project, task="segmentation"))
    make_reading(make_case(project, "test"))
    grown = freeze_test_set(snapshot=freeze_snapshot(project=project, task="segmentation"))
    assert (first.number, same.pk, grown.number) == (1, first.pk, 2)
    assert (len(first.readings), len(grown.readings)) == (1, 2)
