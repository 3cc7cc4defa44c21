"""What a list shows of a case, gathered for many cases with a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from medreview.accounts.selectors import Access
from medreview.archive.models import Study
from medreview.cases.models import REFERENCE_SIDES, Case, CaseStack
from medreview.registry.models import ModelVersion
from medreview.registry.states import ACTIVE
from medreview.suggestions.models import CasePrediction, PredictionRun, Suggestion
from medreview.suggestions.states import OFFERED, QUEUED, RUNNING

UNSURE_BELOW = 0.5
NO_AI = {"state": "none", "model_version": None, "progress": None}


@dataclass(frozen=True)
class CaseFacts:
    """A case's part of a row. A reference case reads like one that no model has looked at."""

    case: Case
    study_date: str
    has_prior: bool
    thumbnail_url: str | None
    suggestions: dict[str, int] | None
    ai: dict[str, Any]

    def as_row(self) -> dict[str, Any]:
        return {
            "case_id": self.case.pk,
            "pseudonym": self.case.pseudonym,
            "description": self.case.description,
            "modality": self.case.modality,
            "study_date": self.study_date,
            "suggestions": self.suggestions,
            "ai": self.ai,
            "has_prior": self.has_prior,
            "thumbnail_url": self.thumbnail_url,
        }


def case_facts(access: Access, cases: Iterable[Case]) -> dict[int, CaseFacts]:
    """case id -> facts."""
    by_id = {case.pk: case for case in cases}
    shown = Case.objects.filter(pk__in=by_id)
    learning = set(shown.exclude(split__side__in=REFERENCE_SIDES).values_list("pk", flat=True))
    dates = dict(Study.objects.filter(case__in=by_id).values_list("case__pk", "study_date"))
    priors = _with_prior(access, by_id)
    thumbnails = _thumbnails(access, by_id)
    counts = _suggestion_counts(learning)
    states = _ai_states(access, learning, counts)
    return {
        pk: CaseFacts(
            case, iso_date(dates.get(pk, "")), pk in priors, thumbnails.get(pk), counts.get(pk), states.get(pk, NO_AI)
        )
        for pk, case in by_id.items()
    }


def iso_date(dicom_date: str) -> str:
    """`20240131` as `2024-01-31`; anything else unchanged."""
    if len(dicom_date) == 8 and dicom_date.isdecimal():
        return f"{dicom_date[:4]}-{dicom_date[4:6]}-{dicom_date[6:]}"
    return dicom_date


def _with_prior(access: Access, by_id: dict[int, Case]) -> set[int]:
    """Cases whose patient has another study of an earlier date in this project."""
    patients = {case.patient_id for case in by_id.values()}
    rows = Case.objects.filter(project=access.project, patient_id__in=patients)
    dates: dict[int, list[tuple[int, str]]] = {}
    for pk, patient_id, date in rows.values_list("pk", "patient_id", "study__study_date"):
        dates.setdefault(patient_id, []).append((pk, date))
    return {pk for group in dates.values() for pk, date in group if any(other < date for _, other in group)}


def _thumbnails(access: Access, by_id: dict[int, Case]) -> dict[int, str]:
    stacks = CaseStack.objects.filter(case_id__in=by_id).order_by("-position")
    rows = stacks.values_list("case_id", "grid__series__study__study_instance_uid", "grid__series__series_instance_uid")
    return {pk: thumbnail_url(access.project.slug, study, series) for pk, study, series in rows}


def thumbnail_url(slug: str, study_uid: str, series_uid: str) -> str:
    return f"/dicomweb/{slug}/studies/{study_uid}/series/{series_uid}/thumbnail"


def _suggestion_counts(learning: set[int]) -> dict[int, dict[str, int]]:
    offered = Suggestion.objects.filter(case_id__in=learning, state=OFFERED).values("case_id")
    rows = offered.annotate(count=Count("pk"), unsure=Count("pk", filter=Q(score__lt=UNSURE_BELOW)))
    return {row["case_id"]: {"count": row["count"], "unsure": row["unsure"]} for row in rows}


def _ai_states(access: Access, learning: set[int], counts: dict[int, dict[str, int]]) -> dict[int, dict[str, Any]]:
    """What the active models have to say about each learning case: ready, on its way, or none."""
    active = ModelVersion.objects.filter(project=access.project, state=ACTIVE).order_by("version").last()
    if active is None:
        return {}
    done = set(
        CasePrediction.objects.filter(model_version=active, case_id__in=learning).values_list("case_id", flat=True)
    )
    run = PredictionRun.objects.filter(model_version=active, state__in=(QUEUED, RUNNING)).order_by("-id").first()
    states: dict[int, dict[str, Any]] = {
        pk: {"state": "ready", "model_version": active.version, "progress": None} for pk in done | set(counts)
    }
    if run is not None:
        progress = run.cases_done / run.cases_total if run.cases_total else 0.0
        coming = {"state": run.state, "model_version": active.version, "progress": progress}
        states.update({pk: coming for pk in learning - set(states)})
    return states
