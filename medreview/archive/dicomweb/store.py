"""STOW-RS (PS3.18 10.5): instances come in by the same staging, parsing child and services as an upload."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from medreview.accounts.models import Role
from medreview.accounts.selectors import access_project_by_slug
from medreview.archive import staging
from medreview.archive.dicomweb.attributes import value
from medreview.archive.dicomweb.base import DicomWebView, dicom_json
from medreview.archive.dicomweb.multipart import MultipartError, boundary_of, read_parts
from medreview.archive.limits import check_request
from medreview.archive.models import Outcome
from medreview.archive.parsing.uids import is_usable_uid
from medreview.archive.reasons import ELEMENTS_DISCARDED, reason_of
from medreview.archive.services import ingest_entries
from medreview.archive.services.outcomes import FileOutcome
from medreview.core.errors import Invalid, TooLarge

MAX_PARTS = 5_000
_CHUNK = 1 << 18
_KEPT = frozenset({Outcome.ACCEPTED, Outcome.WARNING, Outcome.DUPLICATE})
_CREATOR = "MEDREVIEW"


class _AnyBody(BaseParser):
    """The view reads the body itself."""

    media_type = "*/*"


@extend_schema(exclude=True)
class StoreInstances(DicomWebView):
    """The POST of `/studies` and `/studies/{uid}`; the searching and retrieving GETs are mixed in by the addresses."""

    parser_classes = [_AnyBody]

    def post(self, request: Request, slug: str, study_uid: str = "") -> HttpResponse:
        access = access_project_by_slug(viewer=self.user, slug=slug, roles=(Role.MANAGER,))
        check_request(request)
        self.must_take_json()
        if study_uid and not is_usable_uid(study_uid):
            raise Invalid("The study in the address is no UID.")
        boundary = _boundary(request)
        root = Path(settings.STAGING_DIR)
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="ingest-stow-", dir=root) as folder:
            entries = _received(request, boundary, Path(folder))
            options = {"dicom_only": True, "study_instance_uid": study_uid}
            _, ingested = ingest_entries(
                project=access.project, actor=self.user, entries=entries, options=options, source="stow"
            )
        return _answer(ingested.files, self.root(slug))


def _boundary(request: Request) -> bytes:
    given = str(request.META.get("CONTENT_TYPE", ""))
    if not given.strip().lower().startswith("multipart/related"):
        raise exceptions.UnsupportedMediaType(given[:80], "Send instances as multipart/related of application/dicom.")
    try:
        return boundary_of(given)
    except MultipartError as error:
        raise Invalid(str(error)) from error


def _received(request: Request, boundary: bytes, folder: Path) -> list[staging.Entry]:
    entries: list[staging.Entry] = []
    try:
        for headers, body in read_parts(_body(request), boundary):
            if len(entries) >= MAX_PARTS:
                raise TooLarge(f"A request may hold {MAX_PARTS} instances; send the rest in further ones.")
            media = headers.get("content-type", "application/dicom").split(";")[0].strip().lower()
            if media != "application/dicom":
                raise exceptions.UnsupportedMediaType(media[:80], "Each part must be application/dicom.")
            entries.append(staging.keep(folder, f"part {len(entries) + 1}", body))
    except MultipartError as error:
        raise Invalid(f"The multipart body cannot be read: {error}") from error
    if not entries:
        raise Invalid("The request holds no instance.")
    return entries


def _body(request: Request) -> Iterator[bytes]:
    """The body in pieces, counted: its length may not have been stated."""
    total = 0
    while chunk := request._request.read(_CHUNK):
        total += len(chunk)
        if total > settings.UPLOAD_MAX_REQUEST_BYTES:
            raise TooLarge(f"A request may have {settings.UPLOAD_MAX_REQUEST_BYTES} bytes; send fewer at once.")
        yield chunk


def _answer(files: Any, root: str) -> HttpResponse:
    """PS3.18 10.5.3: 200 when all is stored, 202 when some is or with a warning, 409 when nothing is."""
    stored = [_reference(found, root) for found in files if found.outcome in _KEPT]
    failed = [found for found in files if found.outcome not in _KEPT]
    named = [_failure(found) for found in failed if found.identity.get("SOPInstanceUID")]
    unnamed = [_failure(found) for found in failed if not found.identity.get("SOPInstanceUID")]
    body: dict[str, Any] = {}
    studies = {found.identity.get("StudyInstanceUID", "") for found in files if found.outcome in _KEPT}
    if len(studies) == 1:
        body["00081190"] = value("UR", f"{root}/studies/{studies.pop()}")
    for tag, items in (("00081199", stored), ("00081198", named), ("0008119A", unnamed)):
        if items:
            body[tag] = {"vr": "SQ", "Value": items}
    has_warning = any(found.warnings for found in files)
    status = 409 if not stored else 202 if failed or has_warning else 200
    return dicom_json(body, status=status)


def _reference(found: FileOutcome, root: str) -> dict[str, Any]:
    said = found.identity
    url = f"{root}/studies/{said.get('StudyInstanceUID')}/series/{said.get('SeriesInstanceUID')}"
    item = {
        "00081150": value("UI", said.get("SOPClassUID")),
        "00081155": value("UI", said.get("SOPInstanceUID")),
        "00081190": value("UR", f"{url}/instances/{said.get('SOPInstanceUID')}"),
    }
    if found.warnings:
        item["00081196"] = value("US", ELEMENTS_DISCARDED)
        item |= _explained(found.warnings[0][0], found.warnings[0][1])
    return item


def _failure(found: FileOutcome) -> dict[str, Any]:
    item = {"00081197": value("US", reason_of(found.rule)), **_explained(found.rule, found.reason)}
    if found.identity.get("SOPInstanceUID"):
        item["00081150"] = value("UI", found.identity.get("SOPClassUID"))
        item["00081155"] = value("UI", found.identity.get("SOPInstanceUID"))
    return item


def _explained(rule: str, reason: str) -> dict[str, Any]:
    """Our rule and its words, as private elements: the standard has no place for them."""
    return {"00090010": value("LO", _CREATOR), "00091001": value("LO", rule), "00091002": value("LT", reason)}
