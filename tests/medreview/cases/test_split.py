"""The law of the split: exact blocks, written once, aliases together, no leak by equal pixels."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from medreview.accounts.models import Membership, Project, User
from medreview.archive.identity import split_key
from medreview.archive.models import Import, Patient
from medreview.archive.services import import_paths
from medreview.cases.models import Case, SplitAssignment
from medreview.cases.services import ON_CASES_MADE, assign_split, assign_splits
from medreview.cases.split import side_of_position, sides_of_block
from medreview.core.errors import Conflict
from tests import phantoms

RATIO = (7, 1, 2)


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(slug="split", name="Split", salt="salt")


@pytest.fixture
def manager(project: Project) -> User:
    user = User.objects.create_user("manager")
    Membership.objects.create(project=project, user=user, role="manager")
    return user


def take_in(project: Project, actor: User, *paths: Path, **options: object) -> Import:
    return import_paths(project=project, actor=actor, paths=list(paths), options=options)


@given(salt=st.text(max_size=20), block=st.integers(0, 10_000), ratio=st.tuples(*[st.integers(0, 9)] * 3))
@settings(max_examples=60)
def test_every_block_holds_exactly_the_ratio(salt: str, block: int, ratio: tuple[int, int, int]) -> None:
    assert Counter(sides_of_block(salt, ratio, block)) == Counter(
        {side: count for side, count in zip(("train", "val", "test"), ratio, strict=True) if count}
    )


def test_blocks_differ_and_follow_the_salt() -> None:
    blocks = {tuple(sides_of_block("salt", RATIO, block)) for block in range(20)}
    assert len(blocks) > 10
    assert sides_of_block("salt", RATIO, 0) == sides_of_block("salt", RATIO, 0)
    assert [sides_of_block("other", RATIO, n) for n in range(5)] != [sides_of_block("salt", RATIO, n) for n in range(5)]
    assert side_of_position("salt", RATIO, 23)[1] == 2


@pytest.mark.parametrize("sizes", [[40], [1] * 40, [3, 17, 1, 19]])
def test_each_ten_patients_in_order_of_first_sight_are_seven_one_two(project: Project, sizes: list[int]) -> None:
    """However they arrive: one by one, all at once, in uneven groups."""
    names = iter(range(40))
    for size in sizes:
        assign_splits(project=project, split_keys=[split_key(project, f"P{next(names)}") for _ in range(size)])
    for block in range(4):
        sides = SplitAssignment.objects.filter(project=project, block=block).values_list("side", flat=True)
        assert Counter(sides) == {"train": 7, "val": 1, "test": 2}


def test_patients_seen_together_are_ordered_by_key_not_by_name(project: Project) -> None:
    keys = [split_key(project, f"P{n:02d}") for n in range(10)]
    assign_splits(project=project, split_keys=keys)
    rows = SplitAssignment.objects.filter(project=project).order_by("id")
    assert [row.split_key for row in rows] == sorted(keys)
    assert [row.side for row in rows] == sides_of_block("salt", RATIO, 0)


def test_a_key_seen_again_keeps_its_side(project: Project) -> None:
    first = assign_split(project=project, split_key="k")
    assert assign_split(project=project, split_key="k").pk == first.pk
    assert SplitAssignment.objects.count() == 1


def test_an_imported_side_is_honoured_once_and_takes_no_place_in_a_block(project: Project) -> None:
    assert assign_split(project=project, split_key="given", side="test").side == "test"
    keys = [split_key(project, f"P{n}") for n in range(10)]
    assign_splits(project=project, split_keys=keys)
    drawn = SplitAssignment.objects.filter(project=project, imported=False).values_list("side", flat=True)
    assert Counter(drawn) == {"train": 7, "val": 1, "test": 2}
    with pytest.raises(Conflict, match="written once"):
        assign_split(project=project, split_key="given", side="train")


@pytest.mark.parametrize("alias", ["p1", "P1 ", " P1", "P-1", "p_1", "Ｐ１"])
def test_spellings_of_one_id_share_a_key(project: Project, alias: str) -> None:
    assert split_key(project, alias) == split_key(project, "P1")


def test_other_ids_issuers_and_projects_have_other_keys(project: Project) -> None:
    other = Project.objects.create(slug="other", name="Other")
    keys = {
        split_key(project, "P1"), split_key(project, "P2"), split_key(project, "P1", "HOSPITAL"),
        split_key(other, "P1"), split_key(project, "--"), split_key(project, "??"),
    }  # fmt: skip
    assert len(keys) == 6


@pytest.mark.parametrize("column", ["side", "split_key", "block", "imported"])
def test_the_database_refuses_to_change_a_split(project: Project, column: str) -> None:
    row = assign_split(project=project, split_key="k")
    new = {"side": "val" if row.side != "val" else "test", "split_key": "z", "block": 9, "imported": True}
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        SplitAssignment.objects.filter(pk=row.pk).update(**{column: new[column]})
    assert SplitAssignment.objects.values().get() == {**SplitAssignment.objects.values().get(), "side": row.side}


def test_the_database_refuses_to_delete_a_split_while_its_project_is_there(project: Project) -> None:
    row = assign_split(project=project, split_key="k")
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        row.delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_project WHERE id = %s", [project.pk])
        cursor.execute("DELETE FROM cases_splitassignment WHERE id = %s", [row.pk])
    assert not SplitAssignment.objects.exists()


def test_a_case_cannot_be_moved_to_another_split_or_patient(project: Project, manager: User, tmp_path: Path) -> None:
    for n in (1, 2):
        phantoms.write_cr_image(tmp_path / str(n), patient_id=f"P{n}", seed=n)
    take_in(project, manager, tmp_path)
    case = Case.objects.order_by("id")[0]
    other = Case.objects.order_by("id")[1]
    for column, value in (("split_id", other.split_id), ("patient_id", other.patient_id)):
        with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
            Case.objects.filter(pk=case.pk).update(**{column: value})
    Case.objects.filter(pk=case.pk).update(description="may change")


def test_aliases_share_a_side_and_stay_two_patients(project: Project, manager: User, tmp_path: Path) -> None:
    phantoms.write_cr_image(tmp_path / "a", patient_id="P1")
    phantoms.write_cr_image(tmp_path / "b", patient_id="p1", seed=1)
    take_in(project, manager, tmp_path / "a")
    take_in(project, manager, tmp_path / "b")
    assert Patient.objects.count() == 2
    assert len({case.pseudonym for case in Case.objects.all()}) == 2
    assert len({case.split_id for case in Case.objects.all()}) == 1


def test_equal_pixels_on_two_sides_exclude_the_later_case(project: Project, manager: User, tmp_path: Path) -> None:
    phantoms.write_cr_image(tmp_path / "a", patient_id="ONE")
    phantoms.write_cr_image(tmp_path / "b", patient_id="TWO")
    phantoms.write_cr_image(tmp_path / "c", patient_id="THREE")
    split = {"ONE": "train", "TWO": "test", "THREE": "train"}
    for name in "abc":
        take_in(project, manager, tmp_path / name, split=split)
    first, second, third = Case.objects.order_by("id")
    assert (first.split.side, second.split.side, third.split.side) == ("train", "test", "train")
    assert first.excluded_reason == ""
    assert first.pseudonym in second.excluded_reason
    assert third.excluded_reason == ""  # the same side: nothing leaks


def test_studies_of_one_patient_share_a_side_and_are_numbered(
    project: Project, manager: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr(
        "medreview.cases.services.ON_CASES_MADE", [*ON_CASES_MADE, lambda **k: told.extend(k["case_ids"])]
    )
    for n in (1, 2, 3):
        phantoms.write_cr_image(tmp_path / str(n), patient_id="P1", seed=n)
    import_ = take_in(project, manager, tmp_path)
    cases = list(Case.objects.order_by("id"))
    base = Patient.objects.get().pseudonym
    assert [case.pseudonym for case in cases] == [base, f"{base}-2", f"{base}-3"]
    assert len({case.split_id for case in cases}) == 1
    assert sorted(told) == [case.pk for case in cases]
    assert import_.summary["cases_made"] == 3
    assert import_.summary["learning_patients"] + import_.summary["reference_patients"] == 1
