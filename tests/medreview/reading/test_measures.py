"""Measures over HTTP: what is refused and why, what is frozen and exported, and that they mark no label."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from medreview.annotations.models import AnnotationVersion
from medreview.archive.models import Grid
from medreview.cases.models import Case
from medreview.reading.journal.measures import check_measure, numbers
from medreview.reading.journal.reduce import unfinish
from medreview.reading.journal.types import GridFacts, OperationError
from medreview.reading.models import Reading
from medreview.reading.services.export_files import write_archive
from tests.factories import World, grid_of, make_case
from tests.medreview.reading.conftest import claim, decide, operation, post, submit

AFFINE = [[0.5, 0, 0, 10], [0, 0.5, 0, 20], [0, 0, 2, 30], [0, 0, 0, 1]]
GRID = GridFacts(1, (4, 8, 10), (2.0, 0.5, 0.5), True, False, AFFINE)
HU_GRID = GridFacts(1, (4, 8, 10), (2.0, 0.5, 0.5), True, True, AFFINE)
VALUES = {"count": 5, "mean": 4.0, "sd": 1.0, "min": 2, "max": 6, "unit": "raw"}
# Slice 1 lies at z = 32 mm.
ROUND = {"tool": "ellipse", "k": 1, "points_lps": [[12, 22, 32], [13, 22, 32], [12, 23, 32]], "values": VALUES}
AXES_LPS = [[11, 22, 32], [14, 22, 32], [12, 21, 32], [12, 23, 32]]
AXES = {"tool": "bidirectional", "k": 1, "values": None, "points_lps": AXES_LPS}


def test_what_fits_is_taken() -> None:
    check_measure(ROUND, GRID)
    check_measure({**ROUND, "values": None}, GRID)
    check_measure({**ROUND, "values": {**VALUES, "unit": "HU"}}, HU_GRID)
    check_measure(AXES, GRID)
    check_measure({**AXES, "tool": "cobb"}, GRID)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tool": "freehand"}, "tool"),
        ({"tool": None}, "tool"),
        ({"tool": "probe"}, "points_lps"),
        ({"points_lps": [[12, 22, 32], [13, 22, 32], [12, float("nan"), 32]]}, "points_lps"),
        ({"points_lps": [[12, 22, 32], [12, 22, 32], [12, 23, 32]]}, "points_lps"),
        ({"points_lps": [[12, 22, 32], [13, 22, 32], [13, 23, 32]]}, "points_lps"),
        ({"points_lps": "here"}, "points_lps"),
        ({"k": 2}, "k"),
        ({"k": -1}, "k"),
        ({"k": True}, "k"),
        ({"k": 4}, "k"),
        ({"values": {**VALUES, "unit": "HU"}}, "values.unit"),
        ({"values": {**VALUES, "unit": ""}}, "values.unit"),
        ({"values": {**VALUES, "count": 0}}, "values.count"),
        ({"values": {**VALUES, "count": 81}}, "values.count"),
        ({"values": {**VALUES, "mean": 7}}, "values.mean"),
        ({"values": {**VALUES, "sd": -1}}, "values.mean"),
        ({"values": {**VALUES, "max": float("inf")}}, "values.max"),
        ({"values": {"mean": 1}}, "values"),
        ({"values": 3}, "values"),
    ],
)
def test_what_does_not_fit_is_refused_by_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(OperationError) as refused:
        check_measure({**ROUND, **change}, GRID)
    assert refused.value.field == field


def test_values_of_a_hu_stack_are_hu_and_lines_have_none() -> None:
    with pytest.raises(OperationError, match="are HU"):
        check_measure(ROUND, HU_GRID)
    with pytest.raises(OperationError, match="has no values"):
        check_measure({**AXES, "values": VALUES}, GRID)
    with pytest.raises(OperationError, match="perpendicular"):
        check_measure({**AXES, "points_lps": [[11, 22, 32], [14, 22, 32], [12, 21, 32], [13, 23, 32]]}, GRID)


def test_numbers_do_not_depend_on_the_order_of_a_line() -> None:
    line, other = [[0, 0, 0], [10, 1, 0]], [[0, 20, 0], [-10, 24, 0]]
    angles = {
        numbers("cobb", [*first, *second], spacing_known=True)["angle_deg"]
        for first in (line, line[::-1])
        for second in (other, other[::-1])
    }
    assert len(angles) == 1


def test_a_snapshot_of_an_earlier_version_opens() -> None:
    old = {"findings": [{"id": "a", "slices": [{"k": 1, "runs": [3, 1]}]}]}
    assert unfinish(old)["findings"][0] == {"id": "a", "slices": {1: [3, 1]}, "name": "", "measure": None}


def add(grid: Grid, finding: str, tool: str, points: list[list[float]], values: Any = None, k: int = 2) -> Any:
    affine = grid.affine_lps
    world = [[sum(affine[r][c] * (p[c] if c < 3 else 1) for c in range(4)) for r in range(3)] for p in points]
    return operation(
        "add_measure", finding_id=finding, label_key="", grid_id=grid.pk, tool=tool, k=k, values=values,
        points_lps=world,
    )  # fmt: skip


@pytest.fixture
def case(world: World) -> Case:
    return make_case(world.project)


def test_measures_are_frozen_shown_to_the_reviewer_and_exported(world: World, case: Case, tmp_path: Path) -> None:
    grid, alice = grid_of(case), world.client("alice")
    reading = claim(alice, case)
    ellipse = add(grid, "e", "ellipse", [[4, 4, 2], [6, 4, 2], [4, 7, 2]], VALUES)
    done = post(
        alice, reading, ellipse, add(grid, "t", "arrow", [[1, 1, 2], [3, 3, 2]]),
        operation("rename_finding", finding_id="t", name="see here"), base=0,
    )  # fmt: skip
    assert done.status_code == 200, done.json()
    assert submit(alice, reading, normal=False).status_code == 200
    by_id = {one.finding_id: one for one in AnnotationVersion.objects.filter(reading_id=reading.pk)}
    assert by_id["e"].annotation.kind == "measure"
    assert by_id["e"].geometry["values"] == VALUES
    assert by_id["e"].geometry["area"] > 0
    assert (by_id["t"].geometry["tool"], by_id["t"].geometry["name"]) == ("arrow", "see here")

    bob = world.client("bob")
    shown = bob.get(f"/api/v1/readings/{reading.pk}").json()
    drawn = {one["id"]: one for one in shown["journal"]["draft"]["findings"]}
    assert (drawn["e"]["measure"]["values"]["mean"], drawn["e"]["largest_slice"], drawn["t"]["name"]) == (
        4,
        2,
        "see here",
    )
    assert shown["comparison"]["findings"] == []
    assert set(shown["journal"]["draft"]["label_status"].values()) <= {"searched_none", "not_assessed"}

    assert bob.post(f"/api/v1/readings/{reading.pk}/review", {}, format="json").status_code in (200, 201)
    assert decide(bob, reading, "approve").status_code == 200
    write_archive(world.project, "nifti", tmp_path / "files", tmp_path / "export.zip", lambda done, total: None)
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
    marks = {one["geometry"].get("tool"): one for one in manifest["cases"][0]["marks"]}
    assert marks["ellipse"]["geometry"] == by_id["e"].geometry
    assert marks["arrow"]["geometry"]["name"] == "see here"


def test_a_wrong_measure_stores_nothing_and_is_no_fault_of_the_server(world: World, case: Case) -> None:
    grid, alice = grid_of(case), world.client("alice")
    reading = claim(alice, case)
    wrong = add(grid, "e", "ellipse", [[4, 4, 3], [6, 4, 3], [4, 7, 3]], k=2)
    answer = post(alice, reading, add(grid, "q", "probe", [[1, 1, 2]]), wrong, base=0)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_operation")
    assert Reading.objects.get(pk=reading.pk).sequence == 0
    kept = post(alice, reading, add(grid, "q", "probe", [[1, 1, 2]]), base=0)
    assert kept.status_code == 200
    other = {**wrong["payload"], "points_lps": wrong["payload"]["points_lps"][:1], "tool": "probe", "k": 3}
    other.pop("label_key")
    moved = post(alice, reading, operation("move_measure", **{**other, "finding_id": "nobody"}), base=1)
    assert moved.status_code == 422
    assert post(alice, reading, operation("rename_finding", finding_id="q", name="x\x00"), base=1).status_code == 422
    assert post(alice, reading, operation("rename_finding", finding_id="q", name=3), base=1).status_code == 422


def test_slices_are_told_apart_in_an_oblique_grid() -> None:
    affine = [[0, 0, -3, 5], [1, 0, 0, 6], [0, -1, 0, 7], [0, 0, 0, 1]]
    grid = GridFacts(1, (4, 8, 10), (3.0, 1.0, 1.0), True, False, affine)
    on_slice_2 = [[5 - 6, 6 + u, 7 - v] for u, v in ((2, 2), (4, 2), (2, 5))]
    check_measure({"tool": "ellipse", "k": 2, "points_lps": on_slice_2, "values": None}, grid)
    with pytest.raises(OperationError, match="slice 1"):
        check_measure({"tool": "ellipse", "k": 1, "points_lps": on_slice_2, "values": None}, grid)
