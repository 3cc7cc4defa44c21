"""What the views of DICOMweb share: who asks, and answers in DICOM's own media types."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from rest_framework import exceptions
from rest_framework.exceptions import NotAuthenticated
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from medreview.accounts.models import User
from medreview.accounts.selectors import Access
from medreview.archive.dicomweb import accept
from medreview.core import audit

JSON = "application/dicom+json"


class AnyAccept(BaseContentNegotiation):
    """The views read Accept themselves; viewers spell it in many ways."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class NotAcceptable(exceptions.APIException):
    status_code = 406
    default_code = "not_acceptable"


class DicomWebView(APIView):
    """Base of the views here: they are described by PS3.18, not by the API's document."""

    schema = None
    content_negotiation_class = AnyAccept

    @property
    def user(self) -> User:
        user = self.request.user
        if not isinstance(user, User):
            raise NotAuthenticated()
        return user

    @property
    def accepts(self) -> str:
        """The `accept` query parameter wins over the header (PS3.18 8.3.3.1)."""
        return str(self.request.query_params.get("accept") or self.request.headers.get("Accept", ""))

    def root(self, slug: str) -> str:
        return self.request.build_absolute_uri(f"/dicomweb/{slug}")

    def must_take_json(self) -> None:
        if not accept.takes_json(self.accepts):
            raise NotAcceptable(f"This is answered as {JSON} only.")


def dicom_json(found: Any, status: int = 200) -> HttpResponse:
    response = HttpResponse(json.dumps(found, separators=(",", ":")), content_type=JSON, status=status)
    response["Cache-Control"] = "private, no-cache"
    return response


def streamed(request: Request, pieces: Iterator[bytes], content_type: str) -> StreamingHttpResponse:
    """An answer sent as it is made. Given a plain iterator, Django's ASGI handler would first keep all of it."""
    is_async = isinstance(request._request, ASGIRequest)
    return StreamingHttpResponse(_awaited(pieces) if is_async else pieces, content_type=content_type)


async def _awaited(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece


def record_access(action: str, kind: str, pk: int, access: Access) -> None:
    audit.record(action, actor_id=access.viewer.pk, object_type=kind, object_id=pk, scope_id=access.project.pk)
