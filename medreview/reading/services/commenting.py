"""Comments on a reading, to the whole of it or to a voxel."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from medreview.accounts.models import User
from medreview.core import audit, events
from medreview.core.errors import Invalid, NotFound
from medreview.reading.models import Comment
from medreview.reading.selectors.access import ReadingAccess, access_reading
from medreview.reading.selectors.drafts import context_of

MAX_TEXT_LENGTH = 4000
POINT_FIELDS = ("grid_id", "k", "row", "column")


def add_comment(*, viewer: User, reading_id: int, text: str, point: dict[str, Any] | None = None) -> Comment:
    """Comment on a reading that the viewer may see. Raises Invalid for an empty text or a point outside the case."""
    seen = access_reading(viewer=viewer, reading_id=reading_id)
    text = text.strip()
    if not 1 <= len(text) <= MAX_TEXT_LENGTH:
        raise Invalid(f"A comment has 1 to {MAX_TEXT_LENGTH} characters.", fields={"text": "too short or too long"})
    if point is not None:
        _check_point(seen, point)
    with transaction.atomic():
        comment = Comment.objects.create(reading=seen.reading, author=viewer, text=text, point=point)
        _tell(seen, comment, "add_comment")
    return comment


def _check_point(seen: ReadingAccess, point: dict[str, Any]) -> None:
    grid = context_of(seen.reading).grids.get(point["grid_id"])
    if grid is None:
        raise Invalid(f"Grid {point['grid_id']} is not part of this case.", fields={"point.grid_id": "unknown"})
    for name, size in zip(POINT_FIELDS[1:], grid.shape_zyx, strict=True):
        if not 0 <= point[name] < size:
            raise Invalid(f"{name} {point[name]} is outside the grid.", fields={f"point.{name}": f"0 to {size - 1}"})


def resolve_comment(*, viewer: User, comment_id: int, resolved: bool) -> Comment:
    """Mark a comment as resolved or open again. Anyone who sees the reading may."""
    comment = Comment.objects.select_related("author").filter(pk=comment_id).first()
    if comment is None:
        raise NotFound()
    seen = access_reading(viewer=viewer, reading_id=comment.reading_id)
    with transaction.atomic():
        Comment.objects.filter(pk=comment_id).update(resolved=resolved)
        _tell(seen, comment, "resolve_comment")
    comment.resolved = resolved
    return comment


def _tell(seen: ReadingAccess, comment: Comment, verb: str) -> None:
    audit.record(
        f"reading.{verb}", actor_id=seen.viewer.pk, object_type="reading.comment", object_id=comment.pk,
        scope_id=seen.reading.project_id, reading_id=seen.reading.pk,
    )  # fmt: skip
    events.publish_on_commit(seen.reading.project_id, "reading", seen.reading.pk)
