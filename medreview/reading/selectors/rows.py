"""What a list shows of a case, gathered for many cases with a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from medreview.accounts.selectors import Access
from medreview.archive.models import Study
from medreview.cases.models import REFERENCE_SIDES, Case, CaseStack
from medreview.suggestions.selectors import CaseSummary, summaries

NOTHING_SAID = CaseSummary("none")
NOT_ASKED = {"state": "none", "model_version": None, "progress": None}


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
    said = summaries(access.project, learning)
    return {
        pk: CaseFacts(
            case,
            iso_date(dates.get(pk, "")),
            pk in priors,
            thumbnails.get(pk),
            _counts(said.get(pk, NOTHING_SAID)),
            _ai(said.get(pk, NOTHING_SAID)),
        )
        for pk, case in by_id.items()
    }


def _counts(said: CaseSummary) -> dict[str, int] | None:
    return {"count": said.count, "unsure": said.unsure} if said.count else None


def _ai(said: CaseSummary) -> dict[str, Any]:
    return {"state": said.state, "model_version": said.model_version, "progress": said.progress}


def iso_date(dicom_date: str) -> str:
    """`20240131` as `2024-01-31`; anything else unchanged."""
    if len(dicom_date) == 8 and dicom_date.isdecimal():
        return f"{dicom_date[:4]}-{dicom_date[4:6]}-{dicom_date[6:]}"
    return dicom_date


def _with_prior(access: Access, by_id: dict[int, Case]) -> set[int]:
    """Cases whose patient has another study of an earlier date in this project."""
    patients = {case.patient_id for case in by_id.values()}
    rows = Case.objects.filter(project=access.project, patient_id__in=patients)
    dated = list(rows.values_list("pk", "patient_id", "study__study_date"))
    earliest: dict[int, str] = {}
    for _, patient_id, date in dated:
        earliest[patient_id] = min(date, earliest.get(patient_id, date))
    return {pk for pk, patient_id, date in dated if earliest[patient_id] < date}


def _thumbnails(access: Access, by_id: dict[int, Case]) -> dict[int, str]:
    stacks = CaseStack.objects.filter(case_id__in=by_id).order_by("-position")
    rows = stacks.values_list("case_id", "grid__series__study__study_instance_uid", "grid__series__series_instance_uid")
    return {pk: thumbnail_url(access.project.slug, study, series) for pk, study, series in rows}


def thumbnail_url(slug: str, study_uid: str, series_uid: str) -> str:
    return f"/dicomweb/{slug}/studies/{study_uid}/series/{series_uid}/thumbnail"
