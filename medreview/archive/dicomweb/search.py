"""QIDO-RS (PS3.18 10.6): search for studies, series and instances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from medreview.archive import selectors
from medreview.archive.dicomweb import attributes
from medreview.archive.dicomweb.base import DicomWebView, dicom_json
from medreview.archive.models import Instance
from medreview.archive.selectors import Found


@extend_schema(exclude=True)
class SearchStudies(DicomWebView):
    def get(self, request: Request, slug: str) -> HttpResponse:
        self.must_take_json()
        found = selectors.search_studies(viewer=self.user, slug=slug, parameters=_parameters(request))
        root, modalities = self.root(slug), selectors.modalities_of(found.rows)
        return _answer(
            found,
            lambda study: attributes.study_attributes(study, found.access, root, modalities.get(study.pk, ())),
            root,
        )


@extend_schema(exclude=True)
class SearchSeries(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str = "") -> HttpResponse:
        self.must_take_json()
        found = selectors.search_series(
            viewer=self.user, slug=slug, study_uid=study_uid, parameters=_parameters(request)
        )
        root = self.root(slug)
        return _answer(
            found,
            lambda series: {
                **attributes.study_attributes(series.study, found.access, root),
                **attributes.series_attributes(series, root),
            },
            root,
        )


@extend_schema(exclude=True)
class SearchInstances(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str = "", series_uid: str = "") -> HttpResponse:
        self.must_take_json()
        found = selectors.search_instances(
            viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid, parameters=_parameters(request)
        )
        root = self.root(slug)
        return _answer(
            found,
            lambda row: {
                **attributes.study_attributes(row.series.study, found.access, root),
                **attributes.series_attributes(row.series, root),
                **attributes.instance_attributes(row, root),
            },
            root,
        )


def _parameters(request: Request) -> dict[str, list[str]]:
    return dict(request.query_params.lists())


def _answer(found: Found, describe: Callable[[Any], attributes.Attributes], root: str) -> HttpResponse:
    described = [describe(row) for row in found.rows]
    if found.query.include or (found.query.include_all and found.rows and isinstance(found.rows[0], Instance)):
        _add_further(found, described, root)
    response = dicom_json(described)
    for warning in _warnings(found):
        response["Warning"] = f'299 medreview "{warning}"'
    return response


def _add_further(found: Found, described: list[attributes.Attributes], root: str) -> None:
    """Attributes asked for with includefield, out of headers: an instance's own, or the first of a study or series."""
    if isinstance(found.rows[0] if found.rows else None, Instance):
        instances = {row.pk: row for row in found.rows}
    else:
        instances = selectors.first_instances(found.rows)
    for row, known in zip(found.rows, described, strict=True):
        if row.pk not in instances:
            continue
        header = attributes.shown_header(instances[row.pk], found.access, root)
        wanted = header.keys() if found.query.include_all else found.query.include & header.keys()
        for tag in wanted - known.keys():
            known[tag] = header[tag]


def _warnings(found: Found) -> list[str]:
    said = []
    if found.has_more:
        said.append(f"There are more results than the {found.query.limit} sent; ask on with offset.")
    if found.query.is_fuzzy:
        said.append("Fuzzy matching is not supported; literal matching was done.")
    if found.query.ignored:
        keys = ", ".join(key for key in found.query.ignored[:8] if key.isascii() and key.isalnum())
        said.append(f"Keys that are not matched here were ignored: {keys}.")
    return [" ".join(said)] if said else []
