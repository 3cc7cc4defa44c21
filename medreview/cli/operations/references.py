"""Which rows use a blob. Found from the models themselves, so that a new table is never forgotten by a sweep."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.db import models

from medreview.core.models import Blob

_BATCH = 500


def blob_columns() -> list[tuple[type[models.Model], str]]:
    """(model, column) of every foreign key to a blob."""
    return [
        (relation.related_model, relation.field.attname)
        for relation in Blob._meta.get_fields(include_hidden=True)
        if isinstance(relation, (models.ManyToOneRel, models.OneToOneRel))
    ]


def used(hashes: Collection[str]) -> set[str]:
    """Those of `hashes` that at least one row uses."""
    found: set[str] = set()
    wanted = sorted(hashes)
    for model, column in blob_columns():
        for at in range(0, len(wanted), _BATCH):
            rows = model._default_manager.filter(**{f"{column}__in": wanted[at : at + _BATCH]})
            found.update(rows.values_list(column, flat=True))
    return found


def all_used() -> set[str]:
    """Every hash that any row uses."""
    found: set[str] = set()
    for model, column in blob_columns():
        rows = model._default_manager.exclude(**{column: None}).values_list(column, flat=True).distinct()
        found.update(rows.iterator())
    return found


def users_of(sha256: str, limit: int = 3) -> str:
    """A few rows that use a blob, for a message: "archive.Instance 12, archive.Grid 3"."""
    return ", ".join(_names(sha256, limit)) or "no row"


def _names(sha256: str, limit: int) -> Iterator[str]:
    left = limit
    for model, column in blob_columns():
        rows: Any = model._default_manager.filter(**{column: sha256}).order_by("pk").values_list("pk", flat=True)
        for pk in rows[:left]:
            yield f"{model._meta.label} {pk}"
            left -= 1
        if left <= 0:
            return
