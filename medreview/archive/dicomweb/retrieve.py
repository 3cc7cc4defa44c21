"""WADO-RS (PS3.18 10.4): metadata, frames and bulk data; whole files are in `files`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from medreview.accounts.selectors import Access
from medreview.archive import pixels, selectors
from medreview.archive.dicomweb import accept
from medreview.archive.dicomweb.attributes import shown_header
from medreview.archive.dicomweb.base import JSON, DicomWebView, NotAcceptable, dicom_json, record_access, streamed
from medreview.archive.models import Instance
from medreview.archive.parsing.decode import EXPLICIT_LITTLE_ENDIAN
from medreview.archive.serving import BOUNDARY, IMMUTABLE, content_type, part_header
from medreview.core.errors import Invalid, NotFound

_PIXEL_DATA = "7FE00010"
_MAX_FRAMES = 64
_BATCH = 100


@extend_schema(exclude=True)
class StudyMetadata(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str) -> HttpResponseBase:
        self.must_take_json()
        study, access = selectors.access_study(viewer=self.user, slug=slug, study_uid=study_uid)
        record_access("study.opened", "study", study.pk, access)
        rows = Instance.objects.filter(series__study=study)
        return streamed(request, _json_list(rows, access, self.root(slug)), JSON)


@extend_schema(exclude=True)
class SeriesMetadata(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str, series_uid: str) -> HttpResponseBase:
        self.must_take_json()
        found = selectors.access_series(viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid)
        record_access("series.opened", "series", found.series.pk, found.access)
        rows = Instance.objects.filter(series=found.series).select_related("series__study__patient").order_by("id")
        return dicom_json([shown_header(row, found.access, self.root(slug)) for row in rows])


@extend_schema(exclude=True)
class InstanceMetadata(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str, series_uid: str, instance_uid: str) -> HttpResponse:
        self.must_take_json()
        row, access = selectors.access_instance(
            viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid, instance_uid=instance_uid
        )
        return dicom_json([shown_header(row, access, self.root(slug))])


@extend_schema(exclude=True)
class Frames(DicomWebView):
    def get(
        self, request: Request, slug: str, study_uid: str, series_uid: str, instance_uid: str, frames: str
    ) -> HttpResponseBase:
        """One or several frames ("1,2"); single stored ones are usually answered before Django by `frames_asgi`."""
        row, _ = selectors.access_instance(
            viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid, instance_uid=instance_uid
        )
        return _frames(request, row, frame_numbers(frames), self.accepts)


@extend_schema(exclude=True)
class BulkData(DicomWebView):
    def get(
        self, request: Request, slug: str, study_uid: str, series_uid: str, instance_uid: str, tag: str
    ) -> HttpResponseBase:
        """The pixel data, all frames of it; other binary elements are not kept apart from their file."""
        row, _ = selectors.access_instance(
            viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid, instance_uid=instance_uid
        )
        if tag.upper() != _PIXEL_DATA:
            raise NotFound(f"Only the pixel data ({_PIXEL_DATA}) is served as bulk data.")
        return _frames(request, row, range(1, len(row.frames) + 1), self.accepts, is_joined=True)


def frame_numbers(text: str) -> list[int]:
    """ "1,2" as numbers. Raises Invalid."""
    wanted = text.split(",")
    if len(wanted) > _MAX_FRAMES or not all(n.isascii() and n.isdecimal() and len(n) < 7 for n in wanted):
        raise Invalid(f"Frames are a comma-separated list of at most {_MAX_FRAMES} numbers, from 1.")
    return [int(n) for n in wanted]


def _frames(
    request: Request, row: Instance, wanted: Iterable[int], accepts: str, *, is_joined: bool = False
) -> HttpResponseBase:
    """Frames, one part each; `is_joined` puts native frames into a single part, as they lie in the file."""
    numbers = list(wanted)
    chosen = accept.frame_format(accepts, row.frame_transfer_syntax_uid)
    if chosen is None:
        raise NotAcceptable(
            f"Frames are kept in transfer syntax {row.frame_transfer_syntax_uid}: ask for that, for "
            "1.2.840.10008.1.2.1, or for transfer-syntax=*."
        )
    for number in numbers:
        pixels.check_frame_number(row, number)
    bodies: Iterator[bytes] = (pixels.frame_in(row, number, chosen.syntax) for number in numbers)
    if is_joined and chosen.syntax == EXPLICIT_LITTLE_ENDIAN:
        bodies = iter([b"".join(bodies)])
    if not chosen.is_multipart:
        if len(numbers) != 1 and not is_joined:
            raise NotAcceptable("Several frames need multipart/related.")
        response: HttpResponseBase = HttpResponse(b"".join(bodies), content_type=chosen.media)
    else:
        head = part_header(chosen.syntax, chosen.media)
        parts = _parts(head, bodies)
        if len(numbers) == 1:
            response = HttpResponse(b"".join(parts), content_type=content_type(chosen.media))
        else:
            response = streamed(request, parts, content_type(chosen.media))
    response["Cache-Control"] = IMMUTABLE
    response["Vary"] = "Accept, Cookie, Authorization"
    return response


def _parts(head: bytes, bodies: Iterable[bytes]) -> Iterator[bytes]:
    for body in bodies:
        yield head
        yield body
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


def _json_list(rows: QuerySet[Instance], access: Access, root: str) -> Iterator[bytes]:
    """A JSON array, an instance at a time: headers of a large study need not be in memory together."""
    before = b"["
    ordered = rows.select_related("series__study__patient").order_by("id")
    for row in ordered.iterator(chunk_size=_BATCH):
        yield before + json.dumps(shown_header(row, access, root), separators=(",", ":")).encode()
        before = b","
    yield b"[]" if before == b"[" else b"]"
