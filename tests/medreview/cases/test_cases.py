"""Cases: what they show first, who may list them."""

from __future__ import annotations

from pathlib import Path

from rest_framework.test import APIClient

from medreview.accounts.models import Membership, Project, User
from medreview.archive.services import import_paths
from medreview.cases.models import Case
from medreview.cases.selectors import learning_cases, reference_cases
from tests import phantoms


def world(tmp_path: Path) -> tuple[Project, User]:
    project = Project.objects.create(slug="cases", name="Cases", salt="salt")
    user = User.objects.create_user("manager")
    Membership.objects.create(project=project, user=user, role="manager")
    first = phantoms.write_mr_series(tmp_path / "in" / "small", shape_zyx=(4, 16, 12), patient_id="A", lesion=False)
    phantoms.write_mr_series(tmp_path / "in" / "large", patient_id="A", seed=1, study_uid=first.study_uid)
    phantoms.write_with_missing_slice(tmp_path / "in" / "gap", patient_id="B", seed=2)
    split = {"A": "test", "B": "train"}
    import_paths(project=project, actor=user, paths=[tmp_path / "in"], options={"split": split})
    return project, user


def test_the_largest_usable_stack_comes_first_and_a_broken_one_does_not_train(db: None, tmp_path: Path) -> None:
    project, _ = world(tmp_path)
    case = reference_cases(project).get()
    assert [stack.grid.shape_zyx[0] for stack in case.stacks.all()] == [12, 4]
    assert case.is_reference
    assert Case.objects.filter(patient__patient_id="B").exists()
    assert not learning_cases(project).exists()


def test_managers_list_and_filter_cases(db: None, tmp_path: Path) -> None:
    project, user = world(tmp_path)
    client = APIClient()
    client.force_login(user)
    url = f"/api/v1/projects/{project.pk}/cases"
    rows = client.get(url).json()
    assert rows["count"] == 2
    by_lane = {row["lane"]: row for row in rows["results"]}
    assert by_lane["reference"]["series_count"] == 2
    assert [warning["rule"] for warning in by_lane["learning"]["warnings"]] == ["geometry.missing_slice"]
    assert client.get(url, {"side": "reference"}).json()["count"] == 1
    assert client.get(url, {"q": by_lane["learning"]["pseudonym"].lower()}).json()["count"] == 1
    assert client.get(url, {"q": "%_*'; DROP\x00"}).json()["count"] == 0
    assert client.get(url, {"side": "sideways"}).status_code == 400
    assert client.get(url, {"cursor": "x"}).status_code == 400
    assert client.get(url, {"cursor": str(rows["results"][0]["id"])}).json()["results"] == rows["results"][1:]
