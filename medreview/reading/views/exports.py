"""Exports: ask, follow, fetch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from medreview.core import audit, blobs
from medreview.reading.selectors.exports import access_export, access_finished_export, list_exports
from medreview.reading.serializers.inputs import ExportInputSerializer
from medreview.reading.serializers.shapes import ExportPageSerializer, ExportSerializer
from medreview.reading.services.exporting import request_export

_CHUNK_BYTES = 1 << 20


class ExportsView(APIView):
    @extend_schema(responses=ExportPageSerializer, operation_id="exports")
    def get(self, request: Request, project_id: int) -> Response:
        exports = list(list_exports(viewer=request.user, project_id=project_id))
        return Response({"results": ExportSerializer(exports, many=True).data, "next": None, "count": len(exports)})

    @extend_schema(request=ExportInputSerializer, responses={201: ExportSerializer}, operation_id="export_request")
    def post(self, request: Request, project_id: int) -> Response:
        given = ExportInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        export = request_export(
            viewer=request.user, project_id=project_id, export_format=given.validated_data["format"]
        )
        return Response(ExportSerializer(export).data, status=201)


class ExportView(APIView):
    @extend_schema(responses=ExportSerializer, operation_id="export")
    def get(self, request: Request, export_id: int) -> Response:
        return Response(ExportSerializer(access_export(viewer=request.user, export_id=export_id)).data)


class ExportFileView(APIView):
    """The zip, always as an attachment: nothing of it is shown as a page."""

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY}, operation_id="export_download")
    def get(self, request: Request, export_id: int) -> StreamingHttpResponse:
        export = access_finished_export(viewer=request.user, export_id=export_id)
        audit.record(
            "reading.download_export", actor_id=request.user.pk, object_type="reading.export", object_id=export.pk,
            scope_id=export.project_id,
        )  # fmt: skip
        path = blobs.path_of(export.blob_id or "")
        response = StreamingHttpResponse(_chunks(path), content_type="application/zip")
        name = f"{export.project.slug}-{export.format}-{export.pk}.zip"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Content-Length"] = str(export.bytes)
        response["Cache-Control"] = "private, no-store"
        return response


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    """Asynchronous, because a synchronous stream would be gathered in memory by the ASGI handler."""
    stream = await sync_to_async(path.open)("rb")
    try:
        while chunk := await sync_to_async(stream.read)(_CHUNK_BYTES):
            yield chunk
    finally:
        await sync_to_async(stream.close)()
