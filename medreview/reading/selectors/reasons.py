"""Why a case is where it is in the queue, in words. The page translates by `code` and `values`; the texts are its
fall-back.

Only numbers that say nothing about the lane leave this module: a random case shows no entropy, whether it was drawn by
the random share or is read blind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medreview.reading.models import Reading, Review, WorklistItem

RETURNED = "returned"
_SHOWN_VALUES = {"model_unsure": ("entropy", "rank", "pool", "model_version")}
_DEFAULT_VALUES = ("model_version",)
_TEXTS = {
    "model_unsure": "The model is unsure",
    "random_share": "Random share",
    "returned": "Returned to you",
    "new": "New case",
    "second_look": "Needs a second look",
    "first_batch": "First batch",
}
_DETAILS = {
    "random_share": "Drawn at random, to measure how good the suggestions are.",
    "new": "Came in after the queue was last ordered.",
    "second_look": "An earlier reading of this case was rejected.",
    "first_batch": "No model has been trained yet; the order is random.",
}
_RETURN_WORDS = {
    "bad_outline": "Outline not good enough",
    "missed_finding": "A finding was missed",
    "wrong_label": "Wrong label",
    "label_not_assessed": "A label should be assessed",
    "wrong_slice": "Marked on the wrong slices",
    "other": "Other",
}


def reason_json(code: str, values: Mapping[str, Any], detail: str = "") -> dict[str, Any]:
    shown = {name: values[name] for name in _SHOWN_VALUES.get(code, _DEFAULT_VALUES) if values.get(name) is not None}
    return {
        "code": code,
        "text": _TEXTS.get(code, code),
        "detail": detail or _DETAILS.get(code, "") or _unsure_detail(shown),
        "values": shown,
    }


def _unsure_detail(values: Mapping[str, Any]) -> str:
    if "rank" in values and "pool" in values:
        return f"Place {values['rank']} of {values['pool']} by predictive entropy."
    return "Ordered by predictive entropy."


def reason_of_item(item: WorklistItem) -> dict[str, Any]:
    return reason_json(item.reason_code, {**item.reason_values, "model_version": item.model_version})


def reason_of_reading(reading: Reading, returned: Review | None) -> dict[str, Any]:
    """Why the reader has this case: what the queue said at the claim, or why it came back."""
    if returned is not None and reading.round > 1:
        words = [_RETURN_WORDS.get(code, code) for code in returned.reasons]
        return reason_json(RETURNED, {}, ". ".join([", ".join(words), *([returned.note] if returned.note else [])]))
    return reason_json(reading.reason_code or "new", reading.reason_values)


def newest_returns(reading_ids: list[int]) -> dict[int, Review]:
    """reading id -> the review that returned it last."""
    reviews = Review.objects.filter(reading_id__in=reading_ids, outcome="returned").select_related("reviewer")
    return {review.reading_id: review for review in reviews.order_by("round", "id")}
