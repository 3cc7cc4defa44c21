"""Who may serve: refusals stop everybody, "cannot tell" needs a person with a reason, rollback keeps human work."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medreview.core.errors import Conflict, Invalid, InvalidTransition, NotAllowed
from medreview.core.models import Job, StatusChange
from medreview.learning.selectors.gate import model_json
from medreview.learning.services.promotion import apply_policy, decline_model, promote_model, roll_back
from medreview.reading.models import Decision, OfferedSuggestion, Reading
from medreview.registry.models import ModelVersion
from medreview.registry.selectors import active_model
from medreview.registry.weights import check_weights, run_folder
from medreview.suggestions.models import CasePrediction, PredictionRun, Suggestion
from medreview.suggestions.services import Answer, Offer, store_answer
from tests.medreview.learning.factories import (
    grid_of,
    make_active,
    make_case,
    make_model,
    make_project,
    make_reading,
    member,
    write_run_folder,
)

pytestmark = pytest.mark.django_db
CODES = ["99MEDREVIEW:lesion", "99MEDREVIEW:edema"]


def promote(model: ModelVersion, reason: str = "") -> ModelVersion:
    return promote_model(model=model, actor=member(model.project, "manager"), roles=["manager"], reason=reason)


def test_a_better_candidate_serves_and_the_one_before_retires() -> None:
    project = make_project()
    before = make_active(project)
    case = make_case(project)
    promote(make_model(project, active=before))
    before.refresh_from_db()
    active = active_model(project, "segmentation")
    assert active is not None
    assert (active.version, before.state) == (2, "retired")
    run = PredictionRun.objects.get(model_version=active)
    assert run.case_ids == [case.pk]
    assert Job.objects.filter(kind="suggestions.predict", target_id=run.pk).exists()


def test_weights_with_nan_are_refused_with_the_reason() -> None:
    weights = np.array([[1.0, np.nan]], dtype=np.float32)
    model = make_model(make_project(), weights=weights)
    with pytest.raises(Conflict, match="NaN or infinite") as refused:
        promote(model)
    assert refused.value.code == "promotion_refused"
    assert active_model(model.project, "segmentation") is None


def test_a_file_that_was_changed_after_the_gate_is_refused_for_its_hash() -> None:
    model = make_model(make_project())
    path = run_folder(model) / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(Conflict, match="wrong hash"):
        promote(model)


def test_a_missing_file_is_refused() -> None:
    model = make_model(make_project())
    (run_folder(model) / "checkpoint.safetensors").unlink()
    with pytest.raises(Conflict, match="gone"):
        promote(model)


def test_permuted_label_keys_are_refused() -> None:
    model = make_model(make_project())
    plan = run_folder(model) / "plan.json"
    plan.write_text(json.dumps({"label_keys": ["edema", "lesion"], "label_codes": CODES[::-1]}))
    with pytest.raises(Conflict, match="label keys"):
        promote(model)


def test_a_key_learned_under_another_code_is_refused() -> None:
    model = make_model(make_project())
    ModelVersion.objects.filter(pk=model.pk).update(label_codes=CODES[::-1])
    model.refresh_from_db()
    (run_folder(model) / "plan.json").write_text(
        json.dumps({"label_keys": model.label_keys, "label_codes": model.label_codes})
    )
    with pytest.raises(Conflict, match="learned it as"):
        promote(model)


def test_what_the_gate_refused_nobody_can_promote_even_with_a_reason() -> None:
    model = make_model(make_project(), verdict="cannot_tell", refusals=["mean dice 0.21 is below the floor of 0.500"])
    with pytest.raises(Conflict, match="below the floor"):
        promote(model, "I like it")
    assert model_json(model)["allowed_events"] == ["decline"]


def test_a_worse_candidate_is_refused_even_with_a_reason() -> None:
    model = make_model(make_project(), verdict="worse")
    with pytest.raises(Conflict, match="worse"):
        promote(model, "I like it")


def test_a_model_that_was_never_judged_is_refused() -> None:
    with pytest.raises(Conflict, match="not judged"):
        promote(make_model(make_project(), has_decision=False), "why not")


@pytest.mark.parametrize("verdict", ["cannot_tell", "not_worse"])
def test_an_undecided_candidate_needs_a_reason(verdict: str) -> None:
    model = make_model(make_project(), verdict=verdict)
    with pytest.raises(Invalid) as refused:
        promote(model, "  ")
    assert refused.value.code == "reason_required"
    assert model_json(model)["promote_needs_reason"]
    assert promote(model, "five test patients are not enough to tell").state == "active"
    assert StatusChange.objects.get(object_id=model.pk, event="promote").reason.startswith("five test patients")


def test_a_candidate_judged_against_a_model_that_no_longer_serves_needs_a_reason() -> None:
    project = make_project()
    model = make_model(project, active=None)
    make_active(project)
    with pytest.raises(Invalid, match="reason"):
        promote(model)


@pytest.mark.parametrize("verdict", ["cannot_tell", "not_worse", "worse"])
def test_nothing_but_better_promotes_by_itself(verdict: str) -> None:
    model = make_model(make_project(promotion_policy="auto"), verdict=verdict)
    assert not apply_policy(model)
    assert active_model(model.project, "segmentation") is None


@pytest.mark.parametrize(("policy", "serves"), [("auto", True), ("ask", False), ("refuse", False)])
def test_the_policy_decides_whether_a_better_model_waits(policy: str, serves: bool) -> None:
    model = make_model(make_project(promotion_policy=policy))
    assert apply_policy(model) is serves
    assert (active_model(model.project, "segmentation") is not None) is serves


def test_a_better_model_with_a_refusal_does_not_promote_by_itself() -> None:
    model = make_model(make_project(promotion_policy="auto"), refusals=["the weights have the wrong hash"])
    assert not apply_policy(model)


def test_only_a_manager_promotes_and_only_a_candidate() -> None:
    model = make_model(make_project())
    with pytest.raises(NotAllowed):
        promote_model(model=model, actor=member(model.project, "annotator"), roles=["annotator"])
    promote(model)
    with pytest.raises(InvalidTransition):
        promote(model)


def test_a_declined_candidate_is_closed_for_good() -> None:
    model = make_model(make_project())
    decline_model(model=model, actor=member(model.project, "manager"), roles=["manager"], reason="odd outlines")
    with pytest.raises(InvalidTransition):
        promote(model)


def accepted_reading(model: ModelVersion, verdict: str) -> Reading:
    """A reading submitted with a decision about one suggestion of this model."""
    case = make_case(model.project)
    run, _ = PredictionRun.objects.get_or_create(project=model.project, model_version=model, state="succeeded")
    offer = Offer("lesion", "box", 0.9, {"start_zyx": [0, 0, 0], "stop_zyx": [1, 2, 2]}, 0)
    store_answer(run=run, case=case, grid=grid_of(case), answer=Answer(offers=(offer,)))
    suggestion = Suggestion.objects.get(case=case)
    reading = make_reading(case, state="submitted")
    OfferedSuggestion.objects.create(reading=reading, suggestion=suggestion)
    Decision.objects.create(reading=reading, suggestion=suggestion, verdict=verdict)
    return reading


def test_a_rollback_withdraws_suggestions_lists_second_looks_and_keeps_human_work() -> None:
    project = make_project()
    first = make_active(project)
    second = make_model(project, active=first)
    promote(second)
    PredictionRun.objects.all().delete()
    unchanged, edited = accepted_reading(second, "accept"), accepted_reading(second, "edit")
    unread = make_case(project)
    counts = (Reading.objects.count(), Decision.objects.count(), OfferedSuggestion.objects.count())
    done = roll_back(model=second, actor=member(project, "manager"), roles=["manager"], reason="misses small lesions")
    assert done.reinstated == first
    assert done.withdrawn == 2
    assert [one.reading_id for one in done.second_look] == [unchanged.pk]
    assert edited.pk not in [one.reading_id for one in done.second_look]
    assert counts == (Reading.objects.count(), Decision.objects.count(), OfferedSuggestion.objects.count())
    assert not CasePrediction.objects.filter(withdrawn=False).exists()
    assert PredictionRun.objects.get(model_version=first).case_ids == [unread.pk]
    first.refresh_from_db()
    assert (first.state, model_json(done.model)["state"]) == ("active", "retired")


def test_no_later_rollback_returns_to_a_model_that_was_found_bad() -> None:
    project = make_project()
    first = make_active(project)
    second = make_model(project, active=first)
    promote(second)
    roll_back(model=second, actor=member(project, "manager"), roles=["manager"])
    third = make_model(project, active=first)
    promote(third)
    done = roll_back(model=third, actor=member(project, "manager"), roles=["manager"])
    assert done.reinstated is not None
    assert done.reinstated.pk == first.pk


def test_a_bad_first_model_can_be_taken_back_to_none() -> None:
    model = make_active(make_project())
    done = roll_back(model=model, actor=member(model.project, "manager"), roles=["manager"])
    assert done.reinstated is None
    assert active_model(model.project, "segmentation") is None


def test_only_the_active_model_can_be_rolled_back() -> None:
    model = make_model(make_project())
    with pytest.raises(InvalidTransition):
        roll_back(model=model, actor=member(model.project, "manager"), roles=["manager"])


def test_intact_files_give_no_reason() -> None:
    model = make_model(make_project())
    assert check_weights(model) == []
    write_run_folder(model.run_dir, np.ones((2, 2), np.float32), ["lesion", "edema"], CODES)
    assert check_weights(model) != []
