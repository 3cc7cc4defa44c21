"""Whether a candidate may serve. The gate's verdict and its refusals decide; files are looked at again each time.

- refusals (non-finite weights, permuted label keys, wrong hash, below the floor) or "worse": nobody can promote
- "better": the policy "auto" or a manager
- "not_worse", "cannot_tell", or judged against a model that is not active any more: a manager, with a reason
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import transaction

from medreview.accounts.models import PromotionPolicy, User
from medreview.core import transitions
from medreview.core.errors import Conflict, Invalid, InvalidTransition
from medreview.learning.selectors.gate import SecondLook, gate_decision, needs_reason, refusals_of, second_look
from medreview.learning.services.predictions import request_predictions
from medreview.registry import services as registry
from medreview.registry import states as model_states
from medreview.registry.models import ModelVersion
from medreview.registry.weights import check_weights
from medreview.suggestions.services import cancel_runs_of, withdraw_of_model

MAX_REASON = 2000


@dataclass(frozen=True)
class Rollback:
    """What a rollback did. Nothing a person made was deleted: `second_look` lists what to look at again."""

    model: ModelVersion
    reinstated: ModelVersion | None
    withdrawn: int
    second_look: list[SecondLook] = field(default_factory=list)


def promote_model(*, model: ModelVersion, actor: User, roles: Collection[str], reason: str = "") -> ModelVersion:
    """Let a candidate serve. Raises Conflict (refused, with `reasons`), Invalid (a reason is needed), NotAllowed."""
    _check_reason(reason)
    if model.state != model_states.CANDIDATE:
        raise InvalidTransition(f"Model v{model.version} is {model.state}; only a candidate can be promoted.")
    decision = gate_decision(model)
    reasons = [*refusals_of(model, decision), *check_weights(model)]
    if reasons:
        raise Conflict(
            f"Model v{model.version} cannot be promoted. {' '.join(reasons)}", code="promotion_refused", reasons=reasons
        )
    if needs_reason(model, decision) and not reason.strip():
        raise Invalid(
            f"Model v{model.version} was not shown to be better than the active model; give a reason to promote it.",
            code="reason_required",
            fields={"reason": ["This field is required."]},
        )
    with transaction.atomic():
        _serve(model, actor_id=actor.pk, roles=roles, reason=reason)
    return model


def apply_policy(model: ModelVersion) -> bool:
    """Promote without a person when the project says so and the gate says "better" with no refusal at all.

    "cannot tell" never promotes by itself. The files were checked by the caller; no file is read here, so that this
    may run in the transaction that registers the candidate. Returns whether it was promoted.
    """
    if model.project.promotion_policy != PromotionPolicy.AUTO:
        return False
    decision = gate_decision(model)
    if refusals_of(model, decision) or needs_reason(model, decision):
        return False
    _serve(model, actor_id=None, roles=[transitions.SYSTEM], reason="policy: the gate says better")
    return True


def _serve(model: ModelVersion, *, actor_id: int | None, roles: Collection[str], reason: str) -> None:
    before = registry.activate(model=model, actor_id=actor_id, roles=roles, reason=reason)
    if before is not None:
        cancel_runs_of(before)
    request_predictions(model=model, actor_id=actor_id)


def decline_model(*, model: ModelVersion, actor: User, roles: Collection[str], reason: str = "") -> ModelVersion:
    """Close a candidate for good."""
    _check_reason(reason)
    registry.decline(model=model, actor_id=actor.pk, roles=roles, reason=reason)
    return model


def roll_back(*, model: ModelVersion, actor: User, roles: Collection[str], reason: str = "") -> Rollback:
    """Return from the active `model` to the one before it (or to none).

    Its open suggestions are withdrawn, what readers accepted unchanged from it is listed for another look, and the
    reinstated model answers the unread cases again. No reading, decision or annotation is touched. Raises
    InvalidTransition when the model is not active.
    """
    _check_reason(reason)
    if model.state != model_states.ACTIVE:
        raise InvalidTransition(f"Model v{model.version} is {model.state}; only the active model can be rolled back.")
    with transaction.atomic():
        previous = registry.restore_previous(model=model, actor_id=actor.pk, roles=roles, reason=reason)
        withdrawn = withdraw_of_model(model=model, actor_id=actor.pk, roles=roles)
        if previous is not None:
            request_predictions(model=previous, actor_id=actor.pk, again=True)
    return Rollback(model, previous, withdrawn, second_look(model))


def _check_reason(reason: str) -> None:
    if len(reason) > MAX_REASON:
        raise Invalid(f"The reason may have at most {MAX_REASON} characters, this one has {len(reason)}.")
