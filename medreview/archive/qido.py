"""QIDO-RS queries (PS3.18 8.3.4, 10.6; matching PS3.4 C.2.2.2) as database filters.

Only `*` and `?` are special in text, a comma or backslash separates values where the attribute takes a list, a hyphen
makes a range of dates. Everything else is itself: a percent sign, an underscore and a quote find those characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from medreview.archive.models import Series
from medreview.core.errors import Invalid

MAX_LIMIT = 500
MAX_VALUES = 500
_MAX_STARS = 4  # each one more lets a hostile pattern backtrack one power further
_MAX_TEXT = 200
_NOTHING = Q(pk__in=[])
_TAG = re.compile(r"[0-9A-Fa-f]{8}", re.ASCII)
_DAY = re.compile(r"[0-9]{8}", re.ASCII)
_TIME = re.compile(r"[0-9]{2,6}(\.[0-9]{1,6})?", re.ASCII)
_CONTROLS = frozenset({"limit", "offset", "includefield", "fuzzymatching", "accept", "charset", "_"})


@dataclass(frozen=True)
class _Key:
    """How one attribute is matched. `pseudonym` is the column that stands in for readers who may not see the real
    one; without it an identifying attribute matches nothing for them."""

    kind: str
    column: str
    is_identifying: bool = False
    pseudonym: str = ""


_STUDY = {
    "0020000D": _Key("uid", "study_instance_uid"),
    "00080020": _Key("date", "study_date"),
    "00080030": _Key("time", "study_time"),
    "00080050": _Key("text", "accession_number", is_identifying=True),
    "00080061": _Key("modalities", ""),
    "00080090": _Key("name", "referring_physician_name", is_identifying=True),
    "00081030": _Key("name", "study_description"),
    "00100010": _Key("name", "patient_name", is_identifying=True, pseudonym="patient__pseudonym"),
    "00100020": _Key("text", "patient__patient_id", is_identifying=True, pseudonym="patient__pseudonym"),
    "00100030": _Key("date", "patient__birth_date", is_identifying=True),
    "00100040": _Key("list", "patient__sex"),
    "00200010": _Key("text", "study_id", is_identifying=True),
}
_SERIES = {
    "0020000E": _Key("uid", "series_instance_uid"),
    "00080060": _Key("list", "modality"),
    "0008103E": _Key("name", "series_description"),
    "00180015": _Key("list", "body_part_examined"),
    "00200011": _Key("number", "series_number"),
}
_INSTANCE = {
    "00080016": _Key("uid", "sop_class_uid"),
    "00080018": _Key("uid", "sop_instance_uid"),
    "00200013": _Key("number", "instance_number"),
}
# Keys of the levels above may narrow a search below (relational queries), found over these paths.
_LEVELS: dict[str, list[tuple[str, dict[str, _Key]]]] = {
    "study": [("", _STUDY)],
    "series": [("study__", _STUDY), ("", _SERIES)],
    "instance": [("series__study__", _STUDY), ("series__", _SERIES), ("", _INSTANCE)],
}


@dataclass(frozen=True)
class Query:
    """What a request asks for. `include` are further attributes (tags) wanted, `ignored` keys that are not matched."""

    condition: Q
    offset: int
    limit: int
    include: frozenset[str] = frozenset()
    include_all: bool = False
    ignored: Sequence[str] = field(default_factory=tuple)
    is_fuzzy: bool = False


def parse(parameters: Mapping[str, Sequence[str]], level: str, *, is_manager: bool) -> Query:
    """Raises Invalid for values that no query may have."""
    condition, ignored = Q(), []
    for name, values in parameters.items():
        if name.lower() in _CONTROLS:
            continue
        tag = tag_of(name)
        found = _find(tag, level)
        if found is None:
            ignored.append(name[:64])
            continue
        prefix, key = found
        for value in values:
            if value:
                condition &= _match(key, prefix, value, is_manager=is_manager)
    wanted = [part for value in parameters.get("includefield", ()) for part in value.split(",") if part]
    return Query(
        condition=condition,
        offset=_count(parameters, "offset", 0),
        limit=min(_count(parameters, "limit", MAX_LIMIT), MAX_LIMIT),
        include=frozenset(tag for tag in map(tag_of, wanted) if tag),
        include_all="all" in wanted,
        ignored=tuple(ignored),
        is_fuzzy=_first(parameters, "fuzzymatching") == "true",
    )


def tag_of(name: str) -> str:
    """ "0020000D" for "StudyInstanceUID", "0020000d" or "0020000D"; empty for what is no attribute."""
    if _TAG.fullmatch(name):
        return name.upper()
    tag = tag_for_keyword(name) if name.isascii() and name.isalnum() else None
    return f"{tag:08X}" if tag is not None and keyword_for_tag(tag) else ""


def _find(tag: str, level: str) -> tuple[str, _Key] | None:
    return next(((prefix, keys[tag]) for prefix, keys in _LEVELS[level] if tag in keys), None)


def _match(key: _Key, prefix: str, value: str, *, is_manager: bool) -> Q:
    value = value.replace("\x00", "")
    if key.is_identifying and not is_manager:
        if not key.pseudonym:
            return _NOTHING
        key = _Key(key.kind, key.pseudonym)
    if key.kind == "modalities":
        studies = Series.objects.filter(modality__in=_values(value)).values("study")
        return Q(**{f"{prefix}pk__in" if prefix else "pk__in": studies})
    column = prefix + key.column
    if key.kind in ("uid", "list"):
        return Q(**{f"{column}__in": _values(value)})
    if key.kind == "number":
        return Q(**{column: int(value)}) if re.fullmatch(r"-?[0-9]{1,9}", value, re.ASCII) else _NOTHING
    if key.kind in ("date", "time"):
        return _range(column, value, _DAY if key.kind == "date" else _TIME, key.kind)
    return _text(column, value, is_name=key.kind == "name")


def _values(value: str) -> list[str]:
    found = [part.strip()[:64] for part in re.split(r"[,\\]", value) if part.strip()]
    if len(found) > MAX_VALUES:
        raise Invalid(f"A list may have {MAX_VALUES} values; ask in several queries.")
    return found


def _range(column: str, value: str, form: re.Pattern[str], kind: str) -> Q:
    first, hyphen, last = value.strip().partition("-")
    if not all(form.fullmatch(part) for part in (first, last) if part) or not (first or last):
        example = "20260101, 20260101-20261231, -20261231" if kind == "date" else "0930, 0930-1200, -1200"
        raise Invalid(f"A {kind} is given as {example} or the like, not {value[:40]!r}.")
    if not hyphen:
        return Q(**{f"{column}__startswith" if kind == "time" else column: first})
    condition = ~Q(**{column: ""})
    if first:
        condition &= Q(**{f"{column}__gte": first})
    if last:
        # A time ends with its last part: 1200 includes 12:00:59.9.
        condition &= Q(**{f"{column}__lte": last + "~" if kind == "time" else last})
    return condition


def _text(column: str, value: str, *, is_name: bool) -> Q:
    """Names match without regard to case, other text as it is (PS3.4 C.2.2.2.1)."""
    pattern = re.sub(r"\*+", "*", value.strip()[:_MAX_TEXT])
    if pattern.count("*") > _MAX_STARS:
        raise Invalid(f"A value may hold {_MAX_STARS} `*`.")
    if not is_name and "*" not in pattern and "?" not in pattern:
        return Q(**{column: pattern})
    special = {"*": ".*", "?": "."}
    expression = "^" + "".join(special.get(c) or re.escape(c) for c in pattern) + "$"
    return Q(**{f"{column}__{'iregex' if is_name else 'regex'}": expression})


def _first(parameters: Mapping[str, Sequence[Any]], name: str) -> str:
    return str(next(iter(parameters.get(name, ())), ""))


def _count(parameters: Mapping[str, Sequence[str]], name: str, default: int) -> int:
    raw = _first(parameters, name) or str(default)
    if not (raw.isascii() and raw.isdecimal()) or len(raw) > 9:
        raise Invalid(f"{name} is a number from 0.")
    return int(raw)
