"""What the gate said about a model, and what it means for a promotion."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medreview.cases.models import Case
from medreview.labels.selectors import list_labels
from medreview.learning.models import GateDecision
from medreview.reading.models import Decision
from medreview.registry import states as model_states
from medreview.registry.models import ModelVersion
from medreview.registry.selectors import active_model, previous_active
from medreview.registry.weights import label_reasons, run_folder

BETTER, WORSE = "better", "worse"
MAX_REGRESSIONS = 10
PICTURES, WHICH = "pictures", ("active", "candidate")


@dataclass(frozen=True)
class SecondLook:
    """A finding that a reader accepted unchanged from a model that was rolled back."""

    case_id: int
    pseudonym: str
    reading_id: int
    label_key: str


def gate_decision(model: ModelVersion) -> GateDecision | None:
    """The newest decision of the gate about a candidate."""
    return model.gate_decisions.select_related("test_set").order_by("-id").first()


def refusals_of(model: ModelVersion, decision: GateDecision | None) -> list[str]:
    """Every recorded reason why nobody can promote this model."""
    if decision is None:
        return ["The gate has not judged this model."]
    reasons = [str(reason) for reason in decision.report.get("refusals", [])]
    if decision.verdict == WORSE and (decision.active_id is not None or not reasons):
        reasons.append("It is worse than the active model on the test set.")
    labels = {label.key: label.code for label in list_labels(model.project)}
    return [*reasons, *label_reasons(model, labels)]


def needs_reason(model: ModelVersion, decision: GateDecision | None) -> bool:
    """Whether a manager must say why: the verdict is not "better", or it was reached against another model."""
    if decision is None or decision.verdict != BETTER:
        return True
    active = active_model(model.project, model.task)
    return (active.pk if active else None) != decision.active_id


def second_look(model: ModelVersion) -> list[SecondLook]:
    """What readers accepted unchanged from this model, newest reading first."""
    accepted = Decision.objects.filter(suggestion__model_version=model, verdict="accept")
    return [
        SecondLook(d.reading.case_id, d.reading.case.pseudonym, d.reading_id, d.suggestion.label_key)
        for d in accepted.select_related("reading__case", "suggestion").order_by("-reading_id", "id")
    ]


def gate_json(decision: GateDecision | None) -> dict[str, Any] | None:
    """`ml.contracts.GateReport` as JSON with the number of the test set and how often it has decided."""
    if decision is None:
        return None
    test_set = decision.test_set
    return {
        **decision.report,
        "test_set_number": test_set.number if test_set else None,
        "times_used": test_set.times_used if test_set else 0,
    }


def worst_losses(report: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    """The test cases and labels of a gate report where the candidate loses most against the active model."""
    before = {row["case_id"]: row["values"] for row in report.get("active_scores", [])}
    found = []
    for row in report.get("candidate_scores", []):
        for label_key, value in row["values"].items():
            old = before.get(row["case_id"], {}).get(label_key)
            if value is not None and old is not None and value < old:
                found.append({"case_id": row["case_id"], "label_key": label_key, "active": old, "candidate": value})
    found.sort(key=lambda row: row["candidate"] - row["active"])
    return found[:limit]


def regressions(model: ModelVersion, decision: GateDecision | None) -> list[dict[str, Any]]:
    """Test cases on which the candidate is worse than the active model, the largest loss first, with pictures."""
    rows = worst_losses(decision.report, MAX_REGRESSIONS) if decision else []
    ids = [int(row["case_id"]) for row in rows]
    names = dict(Case.objects.filter(pk__in=ids).values_list("pk", "pseudonym"))
    return [
        {
            **row,
            "case_id": int(row["case_id"]),
            "pseudonym": names.get(int(row["case_id"]), ""),
            "delta": row["candidate"] - row["active"],
            "images": _images(model, int(row["case_id"]), row["label_key"]),
        }
        for row in rows
    ]


def picture_path(model: ModelVersion, case_id: int, label_key: str, which: str) -> Path:
    """Where the gate left the picture of a case; `which` is "active" or "candidate"."""
    return run_folder(model) / PICTURES / f"{case_id}-{label_key}-{which}.png"


def _images(model: ModelVersion, case_id: int, label_key: str) -> dict[str, str] | None:
    if not all(picture_path(model, case_id, label_key, which).exists() for which in WHICH):
        return None
    return {f"{which}_url": f"/api/v1/models/{model.pk}/pictures/{case_id}/{label_key}/{which}" for which in WHICH}


def model_events(model: ModelVersion, decision: GateDecision | None) -> list[str]:
    """What a manager may do with the model now."""
    if model.state == model_states.CANDIDATE:
        return ["decline"] if refusals_of(model, decision) else ["promote", "decline"]
    return ["rollback"] if model.state == model_states.ACTIVE else []


def model_json(model: ModelVersion) -> dict[str, Any]:
    """A model as the API answers it, for managers."""
    decision = gate_decision(model)
    is_active = model.state == model_states.ACTIVE
    previous = previous_active(model) if is_active else None
    shown = gate_json(decision)
    if shown is not None and model.state == model_states.CANDIDATE:
        shown["refusals"] = refusals_of(model, decision)
    return {
        "id": model.pk,
        "version": model.version,
        "task": model.task,
        "network": model.network,
        "state": model.state,
        "created_at": model.created_at,
        "promoted_at": model.promoted_at,
        "rolled_back_at": model.rolled_back_at,
        "metric_name": model.metric_name,
        "metric": model.metric,
        "label_keys": model.label_keys,
        "weights_sha256": model.weights_id,
        "gate": shown,
        "allowed_events": model_events(model, decision),
        "promote_needs_reason": model.state == model_states.CANDIDATE and needs_reason(model, decision),
        "rollback_to": previous.version if previous else None,
        "regressions": regressions(model, decision),
        "second_look": [vars(one) for one in second_look(model)] if model.rolled_back_at else [],
        "training_run_id": model.training_run_id,
        "parameters": int(model.card.get("parameters", 0)),
        "snapshot_sha256": model.snapshot_sha256,
        "card": model.card,
    }
