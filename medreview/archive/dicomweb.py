"""DICOMweb for reading: QIDO-RS, WADO-RS metadata, instances, frames and thumbnails (PS3.18 10.4, 10.6).

The root is `/dicomweb/<project slug>`, so that permission and search scope are the same thing. Names and ids of
patients are given to managers only; everyone else gets the pseudonym.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from medreview.accounts.models import Role, User
from medreview.accounts.selectors import Access
from medreview.archive import pixels, selectors
from medreview.archive.models import Instance, Patient, Series, Study
from medreview.archive.serving import BOUNDARY, CONTENT_TYPE, IMMUTABLE, multipart
from medreview.core import audit
from medreview.core.blobs import path_of
from medreview.core.errors import Invalid, NotFound

_JSON = "application/dicom+json"
_MAX_RESULTS = 1000
_IDENTIFYING = (
    "00100030",
    "00100032",
    "00101000",
    "00101001",
    "00101002",
    "00101005",
    "00101040",
    "00101060",
    "00102154",
    "00080050",
    "00080080",
    "00080081",
    "00080090",
    "00081048",
    "00081050",
    "00081070",
    "00321032",
    "00400241",
)
_QUERIES: dict[str, dict[str, str]] = {
    "study": {
        "StudyInstanceUID": "study_instance_uid",
        "0020000D": "study_instance_uid",
        "StudyDate": "study_date",
        "00080020": "study_date",
    },
    "series": {
        "SeriesInstanceUID": "series_instance_uid",
        "0020000E": "series_instance_uid",
        "Modality": "modality",
        "00080060": "modality",
    },
    "instance": {"SOPInstanceUID": "sop_instance_uid", "00080018": "sop_instance_uid"},
}


class AnyAccept(BaseContentNegotiation):
    """What is stored is what is sent; viewers ask for it in many spellings of Accept."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class DicomWebView(APIView):
    """Base of the views here: these answer in DICOM's own media types, not in the API's."""

    schema = None
    content_negotiation_class = AnyAccept

    @property
    def user(self) -> User:
        user = self.request.user
        if not isinstance(user, User):
            raise NotAuthenticated()
        return user


@extend_schema(exclude=True)
class StudyList(DicomWebView):
    def get(self, request: Request, slug: str) -> HttpResponse:
        studies = _page(request, selectors.list_studies(viewer=self.user, slug=slug), "study")
        access = selectors.access_project_by_slug(viewer=self.user, slug=slug)
        return _json([_study_json(study, access) for study in studies])


@extend_schema(exclude=True)
class SeriesList(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str) -> HttpResponse:
        study, access = selectors.access_study(viewer=self.user, slug=slug, study_uid=study_uid)
        rows = _page(request, Series.objects.filter(study=study).order_by("id"), "series")
        return _json([{**_study_json(study, access), **_series_json(row)} for row in rows])


@extend_schema(exclude=True)
class InstanceList(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str, series_uid: str) -> HttpResponse:
        found = selectors.access_series(viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid)
        rows = _page(request, Instance.objects.filter(series=found.series).defer("header").order_by("id"), "instance")
        return _json([{**_series_json(found.series), **_instance_json(row)} for row in rows])


@extend_schema(exclude=True)
class SeriesMetadata(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str, series_uid: str) -> HttpResponse:
        found = selectors.access_series(viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid)
        rows = Instance.objects.filter(series=found.series).order_by("id")
        audit.record(
            "series.opened",
            actor_id=self.user.pk,
            object_type="series",
            object_id=found.series.pk,
            scope_id=found.access.project.pk,
        )
        return _json([_shown_header(row, found.series.study.patient, found.access) for row in rows])


@extend_schema(exclude=True)
class InstanceMetadata(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str, series_uid: str, instance_uid: str) -> HttpResponse:
        row, access = selectors.access_instance(
            viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid, instance_uid=instance_uid
        )
        return _json([_shown_header(row, row.series.study.patient, access)])


@extend_schema(exclude=True)
class InstanceFile(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str, series_uid: str, instance_uid: str) -> HttpResponseBase:
        """The stored file, identity included: managers only."""
        row, access = selectors.access_instance(
            viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid, instance_uid=instance_uid
        )
        access.require(Role.MANAGER)
        audit.record(
            "instance.downloaded",
            actor_id=self.user.pk,
            object_type="instance",
            object_id=row.pk,
            scope_id=access.project.pk,
        )
        response = StreamingHttpResponse(_related_file(row.stored_id))
        response["Content-Type"] = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
        return response


@extend_schema(exclude=True)
class Frames(DicomWebView):
    def get(
        self, request: Request, slug: str, study_uid: str, series_uid: str, instance_uid: str, frames: str
    ) -> HttpResponse:
        """One or several frames ("1,2"); single ones are usually answered before Django by `frames_asgi`."""
        row, _ = selectors.access_instance(
            viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid, instance_uid=instance_uid
        )
        wanted = frames.split(",")
        if len(wanted) > 64 or not all(n.isdecimal() and len(n) < 7 for n in wanted):
            raise Invalid("Frames are a comma-separated list of at most 64 numbers, from 1.")
        found = [pixels.frame_bytes(row, int(n)) for n in wanted]
        response = HttpResponse(multipart(found, row.frame_transfer_syntax_uid), content_type=CONTENT_TYPE)
        response["Cache-Control"] = IMMUTABLE
        return response


@extend_schema(exclude=True)
class Thumbnail(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str, series_uid: str) -> HttpResponseBase:
        """PNG of the middle slice of the series' first stack, or of `?grid=<id>`."""
        found = selectors.access_series(viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid)
        grid = selectors.grid_of_series(found.series, request.query_params.get("grid", ""))
        if grid is None or grid.thumbnail_id is None:
            raise NotFound("This series has no picture.")
        response = FileResponse(path_of(grid.thumbnail_id).open("rb"), content_type="image/png")
        response["Cache-Control"] = "private, max-age=3600"
        return response


def _json(found: list[dict[str, Any]]) -> HttpResponse:
    response = HttpResponse(json.dumps(found, separators=(",", ":")), content_type=_JSON)
    response["Cache-Control"] = "private, no-cache"
    return response


def _page(request: Request, rows: QuerySet[Any], level: str) -> Iterable[Any]:
    """Filter by the attributes we index, then offset and limit; unknown query keys are ignored (PS3.18 8.3.4)."""
    for key, value in request.query_params.dict().items():
        column = _QUERIES[level].get(key)
        if column is not None:
            rows = rows.filter(**{column: str(value).replace("\x00", "")[:64]})
    offset, limit = (_count(request, key, default) for key, default in (("offset", 0), ("limit", _MAX_RESULTS)))
    return rows[offset : offset + min(limit, _MAX_RESULTS)]


def _count(request: Request, key: str, default: int) -> int:
    raw = request.query_params.get(key, str(default))
    if not raw.isdecimal() or len(raw) > 9:
        raise Invalid(f"{key} is a number from 0.")
    return int(raw)


def _value(vr: str, *values: Any) -> dict[str, Any]:
    kept = [value for value in values if value not in ("", None)]
    return {"vr": vr, "Value": kept} if kept else {"vr": vr}


def _study_json(study: Study, access: Access) -> dict[str, Any]:
    is_manager = access.has(Role.MANAGER)
    shown = study.patient.patient_id if is_manager else study.patient.pseudonym
    return {
        "0020000D": _value("UI", study.study_instance_uid),
        "00080020": _value("DA", study.study_date),
        "00080030": _value("TM", study.study_time),
        "00081030": _value("LO", study.study_description),
        "00100020": _value("LO", shown),
        "00100040": _value("CS", study.patient.sex),
        "00201206": _value("IS", study.series_set.count()),
    }


def _series_json(series: Series) -> dict[str, Any]:
    return {
        "0020000E": _value("UI", series.series_instance_uid),
        "00080060": _value("CS", series.modality),
        "00200011": _value("IS", series.series_number),
        "0008103E": _value("LO", series.series_description),
        "00201209": _value("IS", series.instance_set.count()),
    }


def _instance_json(row: Instance) -> dict[str, Any]:
    return {
        "00080016": _value("UI", row.sop_class_uid),
        "00080018": _value("UI", row.sop_instance_uid),
        "00083002": _value("UI", row.frame_transfer_syntax_uid),
        "00200013": _value("IS", row.instance_number),
        "00280008": _value("IS", row.number_of_frames),
        "00280010": _value("US", row.rows),
        "00280011": _value("US", row.columns),
    }


def _shown_header(row: Instance, patient: Patient, access: Access) -> dict[str, Any]:
    """The stored header with the syntax its frames are served in; identity replaced for all but managers."""
    header = dict(row.header)
    header["00083002"] = _value("UI", row.frame_transfer_syntax_uid)
    if access.has(Role.MANAGER):
        return header
    for tag in _IDENTIFYING:
        header.pop(tag, None)
    for tag in [tag for tag in header if int(tag[:4], 16) % 2]:
        del header[tag]  # private elements may hold anything
    header["00100010"] = {"vr": "PN", "Value": [{"Alphabetic": patient.pseudonym}]}
    header["00100020"] = _value("LO", patient.pseudonym)
    return header


def _related_file(sha256: str) -> Iterator[bytes]:
    """One stored file as the only part of a multipart answer."""
    head = f"\r\n--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    with path_of(sha256).open("rb") as stream:
        chunks = iter(lambda: stream.read(1 << 20), b"")
        yield from itertools.chain([head], chunks, [f"\r\n--{BOUNDARY}--\r\n".encode()])
