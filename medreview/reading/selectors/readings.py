"""One reading as the page opens it: the case, its stacks, what was offered, the journal, reviews and comments."""

from __future__ import annotations

from typing import Any

from medreview.accounts.models import User
from medreview.archive.models import Grid
from medreview.cases.models import Case, CaseStack
from medreview.core.errors import Invalid
from medreview.labels.models import LabelSet
from medreview.reading.models import Comment, JournalOperation, Reading, Review
from medreview.reading.selectors.access import ReadingAccess, access_reading
from medreview.reading.selectors.comparison import comparison_of
from medreview.reading.selectors.drafts import Journal
from medreview.reading.selectors.reasons import newest_returns, reason_of_reading
from medreview.reading.selectors.rows import iso_date, thumbnail_url
from medreview.reading.selectors.worklist import position_of
from ml import geometry

OPERATIONS_SHOWN = 2000


def reading_detail(*, viewer: User, reading_id: int) -> tuple[ReadingAccess, dict[str, Any]]:
    """The reading in the contract's shape; `label_set` is a row, the rest plain values."""
    seen = access_reading(viewer=viewer, reading_id=reading_id)
    reading = seen.reading
    journal = Journal(reading)
    draft = journal.draft()
    suggestions = journal.context.suggestions
    detail: dict[str, Any] = {
        "id": reading.pk,
        "case": _case_json(reading.case),
        "project_id": reading.project_id,
        "project_slug": reading.project.slug,
        "reader": person_json(reading.reader),
        "state": reading.state,
        "round": reading.round,
        "allowed_events": seen.allowed_events(),
        "editable": seen.is_editable,
        "why": reason_of_reading(reading, newest_returns([reading.pk]).get(reading.pk)),
        "label_set": LabelSet.objects.prefetch_related("labels").get(pk=reading.label_set_id),
        "stacks": _stacks(reading),
        "suggestions": [suggestions[number] for number in suggestions],
        "journal": {"seq": reading.sequence, "etag": f'"{reading.sequence}"', "draft": draft},
        "reviews": [review_json(one) for one in _reviews(seen)],
        "comments": [comment_json(one) for one in _comments(reading)],
        "position": position_of(reading),
        "elapsed_seconds": reading.elapsed_seconds,
        "submitted_at": reading.submitted_at,
    }
    if seen.may_compare and reading.freezes:
        detail["comparison"] = comparison_of(journal, draft)
    return seen, detail


def person_json(user: User) -> dict[str, Any]:
    return {"id": user.pk, "display_name": user.shown_name}


def _case_json(case: Case) -> dict[str, Any]:
    earlier = Case.objects.filter(
        project_id=case.project_id, patient_id=case.patient_id, study__study_date__lt=case.study.study_date
    )
    return {
        "id": case.pk,
        "pseudonym": case.pseudonym,
        "description": case.description,
        "modality": case.modality,
        "study_date": iso_date(case.study.study_date),
        "sex": case.patient.sex,
        "age": _age_years(case.patient.birth_date, case.study.study_date),
        "patient": case.patient.pseudonym,
        "prior_case_ids": list(earlier.order_by("-study__study_date").values_list("pk", flat=True)),
        "is_demo": case.project.is_demo,
    }


def _age_years(birth_date: str, study_date: str) -> int | None:
    """Full years between two DICOM dates; None when one is not known."""
    if not all(len(date) == 8 and date.isdecimal() for date in (birth_date, study_date)):
        return None
    years = int(study_date[:4]) - int(birth_date[:4]) - (study_date[4:] < birth_date[4:])
    return years if 0 <= years <= 150 else None


def _stacks(reading: Reading) -> list[dict[str, Any]]:
    stacks = CaseStack.objects.filter(case_id=reading.case_id).select_related("grid__series__study")
    return [_stack_json(reading.project.slug, stack.grid) for stack in stacks.order_by("position")]


def _stack_json(slug: str, grid: Grid) -> dict[str, Any]:
    series = grid.series
    study_uid, series_uid = series.study.study_instance_uid, series.series_instance_uid
    root = f"/dicomweb/{slug}/studies/{study_uid}/series/{series_uid}"
    return {
        "id": grid.pk,
        "series_uid": series_uid,
        "study_uid": study_uid,
        "series_description": series.series_description,
        "modality": series.modality,
        "shape_zyx": grid.shape_zyx,
        "spacing_mm": grid.spacing_mm,
        "affine_lps": grid.affine_lps,
        "frame_of_reference_uid": grid.frame_of_reference_uid,
        "spacing_known": grid.spacing_known,
        "orientation_known": grid.orientation_known,
        "plane": _plane(grid),
        "warnings": grid.warnings,
        "window_presets": grid.window_presets,
        "rescale_is_hu": grid.rescale_is_hu,
        "photometric": grid.photometric_interpretation,
        "image_ids": [
            f"wadors:{root}/instances/{one['sop_instance_uid']}/frames/{one['frame']}" for one in grid.slices
        ],
        "metadata_url": f"{root}/metadata",
        "thumbnail_url": thumbnail_url(slug, study_uid, series_uid),
    }


def _plane(grid: Grid) -> str:
    """AX, COR, SAG, OBL, or 2D where the file does not say how the image lies in the body."""
    if not grid.orientation_known:
        return "2D"
    name = geometry.plane_name(geometry.orientation_of(grid.affine_lps))
    return "OBL" if name == "oblique" else name


def _reviews(seen: ReadingAccess) -> list[Review]:
    """Decided reviews, and the viewer's own open one."""
    rows = Review.objects.filter(reading=seen.reading).select_related("reviewer").order_by("id")
    return [review for review in rows if review.outcome or review.reviewer_id == seen.viewer.pk]


def _comments(reading: Reading) -> list[Comment]:
    return list(Comment.objects.filter(reading=reading).select_related("author").order_by("id"))


def review_json(review: Review) -> dict[str, Any]:
    return {
        "id": review.pk,
        "reviewer": person_json(review.reviewer),
        "outcome": review.outcome,
        "reasons": review.reasons,
        "note": review.note,
        "decided_at": review.decided_at,
        "round": review.round,
        "editing": review.editing,
    }


def comment_json(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.pk,
        "author": person_json(comment.author),
        "text": comment.text,
        "created_at": comment.created_at,
        "point": comment.point,
        "resolved": comment.resolved,
    }


def operations_after(reading: Reading, sequence: int) -> list[dict[str, Any]]:
    """The operations a client that has seen `sequence` missed, at most 2000 of them."""
    rows = JournalOperation.objects.filter(reading=reading, seq__gt=sequence).order_by("seq")
    return [
        {"seq": o.seq, "op_id": o.op_id, "kind": o.kind, "payload": o.payload, "actor": o.actor_id, "at": o.at}
        for o in rows[:OPERATIONS_SHOWN]
    ]


def journal_since(*, viewer: User, reading_id: int, since: str) -> dict[str, Any]:
    """The journal after `since`, for those who may see the reading."""
    reading = access_reading(viewer=viewer, reading_id=reading_id).reading
    if not since.isdecimal() or len(since) > 9:
        raise Invalid("since is the sequence number of the newest operation you have.", fields={"since": since[:40]})
    return {"seq": reading.sequence, "operations": operations_after(reading, int(since))}
