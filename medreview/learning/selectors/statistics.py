"""The numbers of the manager's page that say whether the loop helps. Counted from rows each time, never stored."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from django.db.models import Count, Q, QuerySet

from medreview.accounts.models import Project
from medreview.cases.models import REFERENCE_SIDES, Case, Side
from medreview.learning.models import DatasetSnapshot
from medreview.reading import states as reading_states
from medreview.reading.models import Decision, Reading, Review, WorklistItem
from medreview.reading.selectors import approved_readings
from medreview.registry.models import ModelVersion

READ_STATES = (reading_states.SUBMITTED, reading_states.APPROVED, reading_states.RETURNED)
RANDOM_SHARE = "random_share"


def reference_counts(project: Project, counts: dict[str, int]) -> dict[str, int]:
    """How far the reference lane is read. `counts`: usable approved cases per side."""
    reference = Case.objects.filter(project=project, split__side__in=REFERENCE_SIDES, excluded_reason="")
    return {
        "read": counts[Side.VAL] + counts[Side.TEST],
        "needed": project.min_reference_cases,
        "total": reference.count(),
        "val": counts[Side.VAL],
        "test": counts[Side.TEST],
    }


def approved_counts(project: Project) -> dict[str, int]:
    """Work of the learning lane: approved, being reviewed, and waiting for a reviewer."""
    submitted = Reading.objects.filter(project=project, state=reading_states.SUBMITTED, case__split__side=Side.TRAIN)
    in_review = Review.objects.filter(reading__in=submitted, outcome="").values("reading").distinct().count()
    return {
        "train": _approved(project).values("case").distinct().count(),
        "in_review": in_review,
        "submitted": submitted.count() - in_review,
    }


def _approved(project: Project) -> Any:
    return approved_readings(project).filter(case__split__side=Side.TRAIN, case__excluded_reason="")


def approved_since(project: Project, model: ModelVersion | None) -> int:
    """Approved readings of the learning lane that the active model was not trained on."""
    approved = set(_approved(project).values_list("pk", flat=True))
    if model is None:
        return len(approved)
    snapshot = DatasetSnapshot.objects.filter(project=project, sha256=model.snapshot_sha256).first()
    used = {int(row["reading_id"]) for row in snapshot.manifest["readings"]} if snapshot else set()
    return len(approved - used)


def learning_curve(project: Project, task: str) -> list[dict[str, Any]]:
    """One point per model: approved cases it learned from against its metric on the test set, with a 95 % interval."""
    models = ModelVersion.objects.filter(project=project, task=task, metric__isnull=False).order_by("version")
    return [
        {
            "model_version": model.version,
            "approved": int(model.card.get("train_cases", 0)),
            "metric": model.metric,
            "low": model.card.get("metric_low"),
            "high": model.card.get("metric_high"),
            "state": model.state,
        }
        for model in models
    ]


def random_share_acceptance(project: Project) -> list[dict[str, Any]]:
    """Per model: the share of its suggestions accepted unchanged on cases that were drawn at random.

    Only these cases estimate quality without bias: the others were chosen because the model was unsure.
    """
    decisions = Decision.objects.filter(
        reading__project=project, reading__reason_code=RANDOM_SHARE, reading__state__in=READ_STATES
    )
    rows = decisions.values("suggestion__model_version__version").annotate(
        n=Count("pk"), unchanged=Count("pk", filter=Q(verdict="accept"))
    )
    answer = []
    for row in rows.order_by("suggestion__model_version__version"):
        low, high = wilson(row["unchanged"], row["n"])
        answer.append(
            {
                "model_version": row["suggestion__model_version__version"],
                "accepted_unchanged": row["unchanged"] / row["n"],
                "n": row["n"],
                "low": low,
                "high": high,
            }
        )
    return answer


def wilson(successes: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a proportion; (0, 1) of nothing."""
    if n == 0:
        return 0.0, 1.0
    z, p = 1.959964, successes / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def reason_shares(project: Project) -> list[dict[str, Any]]:
    """Why cases are queued: the share of each reason, how many were read for it, and how often suggestions read for it
    were edited or rejected. With an empty queue the shares are those of what was read."""
    queued = _by_reason(WorklistItem.objects.filter(project=project, open_slots__gt=0))
    readings = Reading.objects.filter(project=project, state__in=READ_STATES, from_known_truth=False)
    read = _by_reason(readings)
    places = queued or read
    decided: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    rows = (
        Decision.objects.filter(reading__in=readings).values("reading__reason_code", "verdict").annotate(n=Count("pk"))
    )
    for row in rows:
        pair = decided[row["reading__reason_code"]]
        pair[0] += row["n"]
        pair[1] += row["n"] if row["verdict"] != "accept" else 0
    return [
        {
            "code": code or "new",
            "share": places.get(code, 0) / sum(places.values()),
            "edited_share": decided[code][1] / decided[code][0] if decided[code][0] else None,
            "n": read.get(code, 0),
        }
        for code in sorted({*places, *read}, key=lambda code: (-places.get(code, 0), code))
    ]


def _by_reason(rows: QuerySet[Any]) -> dict[str, int]:
    """How many rows have each reason code."""
    return {row["reason_code"]: row["n"] for row in rows.order_by().values("reason_code").annotate(n=Count("pk"))}
