"""The journal's golden files, read by the browser's tests too.

`python -m tests.contract.test_journal` writes them anew; look at the difference before committing it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medreview.reading.journal.history import reduce_draft
from medreview.reading.journal.types import Context, GridFacts, LabelFacts, Operation
from medreview.reading.journal.validate import check_operation, check_payload
from tests.contract.scenarios import GRIDS, LABELS, SCENARIOS, SUGGESTIONS, operations

FOLDER = Path(__file__).parent / "journal"


def context() -> Context:
    grids = {
        g["id"]: GridFacts(g["id"], tuple(g["shape_zyx"]), tuple(g["spacing_mm"]), g["spacing_known"]) for g in GRIDS
    }
    labels = {one["key"]: LabelFacts(one["key"], one["kind"], tuple(one["options"])) for one in LABELS}
    return Context(grids, labels, {one["id"]: one for one in SUGGESTIONS})


def draft_of(name: str) -> dict[str, Any]:
    entries = [Operation(o["seq"], o["op_id"], o["kind"], o["payload"]) for o in operations(name)]
    return reduce_draft(entries, context())


def document(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "context": {"grids": GRIDS, "labels": LABELS, "suggestions": SUGGESTIONS},
        "operations": operations(name),
        "draft": draft_of(name),
    }


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_golden_file_is_what_the_server_says(name: str) -> None:
    assert json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) == json.loads(json.dumps(document(name)))


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_operation_of_a_golden_file_is_valid(name: str) -> None:
    for one in operations(name):
        op_id, kind, payload = check_operation({field: one[field] for field in ("op_id", "kind", "payload")})
        assert op_id == one["op_id"]
        check_payload(kind, payload, context())


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(SCENARIOS)


class TestTheDraftsByHand:
    """The golden files would agree with a wrong reducer too; these are worked out by hand."""

    def test_paint(self) -> None:
        lesion, organ = draft_of("paint_grows_and_erases")["findings"]
        # 5,6,7 flipped by 6..9 leaves 5, 8, 9; slice 3 was filled and emptied again.
        assert lesion["slices"] == [{"k": 2, "runs": [5, 1, 8, 2]}]
        assert (lesion["voxel_count"], lesion["volume_ml"], lesion["largest_slice"]) == (
            3,
            3 * 2.0 * 0.5 * 0.5 / 1000,
            2,
        )
        assert (organ["label_key"], organ["provenance"], organ["created_seq"]) == ("organ", "MANUAL", 4)

    def test_undo_and_redo(self) -> None:
        draft = draft_of("paint_undo_redo")
        assert [one["slices"] for one in draft["findings"]] == [[{"k": 2, "runs": [5, 2, 8, 4]}]]
        assert (draft["can_undo"], draft["can_redo"]) == (True, True)
        assert draft_of("undo_to_nothing")["findings"] == []
        assert draft_of("undo_to_nothing")["can_undo"] is False
        assert draft_of("new_operation_forgets_redo")["can_redo"] is False

    def test_an_edited_suggestion(self) -> None:
        draft = draft_of("accept_then_edit")
        assert draft["decisions"] == [
            {"suggestion_id": 11, "finding_id": "s11", "verdict": "edit", "reason": ""},
            {"suggestion_id": 12, "finding_id": "s12", "verdict": "accept", "reason": ""},
        ]
        edited, taken = draft["findings"]
        assert edited["provenance"] == "SEMIAUTOMATIC"
        # slice 2 held 10..13 and 20, 21; flipping 12..15 leaves 10, 11, 14, 15, 20, 21.
        assert edited["slices"][1] == {"k": 2, "runs": [10, 2, 14, 2, 20, 2]}
        assert (taken["provenance"], taken["voxel_count"], taken["largest_slice"]) == ("AUTOMATIC", 24, 1)

    def test_deleting_an_accepted_finding_leaves_its_suggestion_undecided(self) -> None:
        decisions = draft_of("delete_accepted_is_undecided")["decisions"]
        assert [one["suggestion_id"] for one in decisions] == [12]

    def test_lengths(self) -> None:
        first, second = draft_of("lengths")["findings"]
        assert (first["length_mm"], second["length_mm"]) == (5.0, 13.0)

    def test_measures(self) -> None:
        drawn = {one["id"]: one["measure"] for one in draft_of("measures")["findings"]}
        # Half axes of 4 and 3 mm.
        assert (drawn["e"]["area"], drawn["e"]["long_axis"], drawn["e"]["short_axis"]) == (37.699112, 8.0, 6.0)
        assert (drawn["d"]["long_axis"], drawn["d"]["short_axis"], drawn["d"]["unit"]) == (30.1, 13.5, "mm")
        assert drawn["n"]["angle_deg"] == 45.0
        # One line rises by atan(1/10), the other falls by atan(4/10).
        assert drawn["c"]["angle_deg"] == pytest.approx(5.710593 + 21.801409, abs=2e-6)
        assert (drawn["p"]["unit"], drawn["p"]["long_axis"]) == ("px", 8.0)
        assert drawn["q"]["values"]["mean"] == 42.5
        assert draft_of("measures")["findings"][0]["largest_slice"] == 2

    def test_a_moved_measure_swaps_its_axes_when_the_short_one_has_become_the_longer(self) -> None:
        [moved, probe] = draft_of("measures_moved")["findings"]
        assert (moved["measure"]["long_axis"], moved["measure"]["short_axis"], moved["largest_slice"]) == (18, 10, 3)
        assert (moved["name"], probe["measure"]["points_lps"]) == ("two", [[0, 0, 0]])

    def test_renaming_is_no_edit(self) -> None:
        draft = draft_of("renaming_is_no_edit")
        assert [one["name"] for one in draft["findings"]] == ["upper lobe", "x"]
        assert (draft["findings"][0]["provenance"], draft["decisions"][0]["verdict"]) == ("AUTOMATIC", "accept")

    def test_many_undos(self) -> None:
        [finding] = draft_of("many_undos_and_redos")["findings"]
        assert finding["slices"] == [{"k": 0, "runs": [0, 1, 2, 1]}]


def write_all() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in SCENARIOS:
        text = json.dumps(document(name), indent=1, ensure_ascii=False, sort_keys=True)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_all()
