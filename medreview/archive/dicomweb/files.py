"""WADO-RS of whole instances (PS3.18 10.4.1.1.1): as they are stored, or rewritten as Explicit VR Little Endian.

Files hold the patient's identity: they go to managers only.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from medreview.accounts.models import Role
from medreview.archive import selectors, staging
from medreview.archive.dicomweb import accept
from medreview.archive.dicomweb.base import DicomWebView, NotAcceptable, record_access, streamed
from medreview.archive.models import Instance
from medreview.archive.parsing.decode import EXPLICIT_LITTLE_ENDIAN
from medreview.archive.serving import BOUNDARY, content_type, part_header
from medreview.archive.transcoding import Transcoder, batches
from medreview.core.blobs import path_of
from medreview.core.errors import DomainError, Unprocessable

# In which syntax an instance goes out, by the one it is stored in.
Syntaxes = Mapping[str, str]
log = logging.getLogger(__name__)


@extend_schema(exclude=True)
class StudyFiles(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str) -> HttpResponseBase:
        study, access = selectors.access_study(viewer=self.user, slug=slug, study_uid=study_uid)
        access.require(Role.MANAGER)
        response = _related(request, Instance.objects.filter(series__study=study), self.accepts)
        record_access("study.downloaded", "study", study.pk, access)
        return response


@extend_schema(exclude=True)
class SeriesFiles(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str, series_uid: str) -> HttpResponseBase:
        found = selectors.access_series(viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid)
        found.access.require(Role.MANAGER)
        response = _related(request, Instance.objects.filter(series=found.series), self.accepts)
        record_access("series.downloaded", "series", found.series.pk, found.access)
        return response


@extend_schema(exclude=True)
class InstanceFile(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str, series_uid: str, instance_uid: str) -> HttpResponseBase:
        row, access = selectors.access_instance(
            viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid, instance_uid=instance_uid
        )
        access.require(Role.MANAGER)
        chosen = accept.file_format(self.accepts, row.transfer_syntax_uid)
        rows = Instance.objects.filter(pk=row.pk)
        if chosen is None or chosen.is_multipart:
            response = _related(request, rows, self.accepts)
        else:
            files = _outgoing(rows, {row.transfer_syntax_uid: chosen.syntax})
            response = streamed(request, _whole(files), accept.DICOM)
        record_access("instance.downloaded", "instance", row.pk, access)
        return response


def _related(request: Request, rows: QuerySet[Instance], accepts: str) -> HttpResponseBase:
    """One part for each instance. Raises NotAcceptable when the client takes one of them in no syntax of ours."""
    stored = sorted(set(rows.values_list("transfer_syntax_uid", flat=True)))
    chosen = {syntax: accept.file_format(accepts, syntax) for syntax in stored}
    syntaxes = {syntax: found.syntax for syntax, found in chosen.items() if found is not None}
    if len(syntaxes) < len(stored):
        raise NotAcceptable(
            f"Files are sent as stored ({', '.join(stored)}) or rewritten in {EXPLICIT_LITTLE_ENDIAN}: ask for "
            "application/dicom with one of these, or with transfer-syntax=*."
        )
    return streamed(request, _parts(_outgoing(rows, syntaxes)), content_type(accept.DICOM))


def _outgoing(rows: QuerySet[Instance], syntaxes: Syntaxes) -> Iterator[tuple[str, Path]]:
    """(transfer syntax, file) of each instance. The first is made now: what cannot be made is answered, not cut off."""
    if all(stored == sent for stored, sent in syntaxes.items()):
        places = rows.order_by("id").values_list("transfer_syntax_uid", "stored_id")
        return iter([(syntax, path_of(sha256)) for syntax, sha256 in places])
    files = _made(rows.order_by("id").iterator(chunk_size=64), syntaxes)
    try:
        first = next(files, None)
    except Unprocessable as error:
        raise NotAcceptable(error.message) from error
    return chain([first], files) if first is not None else iter(())


def _made(rows: Iterable[Instance], syntaxes: Syntaxes) -> Iterator[tuple[str, Path]]:
    with Transcoder() as transcoder:
        for batch in batches(rows):
            others = [row for row in batch if syntaxes[row.transfer_syntax_uid] != row.transfer_syntax_uid]
            try:
                written = transcoder.write(others)
            except DomainError as error:
                # Where other files have been sent already, this ends the answer without its last boundary.
                log.warning("instances %s not rewritten: %s", [row.pk for row in others], error.code)
                raise
            for row in batch:
                rewritten = written.get(row.pk)
                yield syntaxes[row.transfer_syntax_uid], rewritten or path_of(row.stored_id)
                if rewritten is not None:
                    rewritten.unlink(missing_ok=True)


def _whole(files: Iterable[tuple[str, Path]]) -> Iterator[bytes]:
    for _, path in files:
        yield from staging.chunks(path)


def _parts(files: Iterable[tuple[str, Path]]) -> Iterator[bytes]:
    for syntax, path in files:
        yield part_header(syntax, accept.DICOM)
        yield from staging.chunks(path)
    yield f"\r\n--{BOUNDARY}--\r\n".encode()
