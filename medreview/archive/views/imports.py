"""Bringing files in over HTTP: open an import, upload, finish, watch."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import SuspiciousOperation
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from medreview.accounts.models import Role
from medreview.accounts.selectors import access_project
from medreview.archive import staging
from medreview.archive.limits import check_request
from medreview.archive.selectors import access_import, list_imports
from medreview.archive.serializers import (
    ImportInput,
    ImportListSerializer,
    ImportSerializer,
    UploadInput,
    UploadResult,
    import_json,
)
from medreview.archive.services import add_files, create_import, finish_import
from medreview.core.errors import Invalid, TooLarge

PAGE = 50
MAX_FILES = 64


class ImportList(APIView):
    @extend_schema(parameters=[OpenApiParameter("cursor", str)], responses=ImportListSerializer)
    def get(self, request: Request, project_id: int) -> Response:
        rows = list_imports(viewer=request.user, project_id=project_id)
        cursor = request.query_params.get("cursor", "")
        if cursor and (not cursor.isdecimal() or len(cursor) > 18):
            raise Invalid("The cursor is the `next` value of an earlier page.")
        page = list((rows.filter(pk__lt=int(cursor)) if cursor else rows)[: PAGE + 1])
        found = [import_json(row, with_items=False) for row in page[:PAGE]]
        following = str(page[PAGE - 1].pk) if len(page) > PAGE else None
        return Response(ImportListSerializer({"results": found, "next": following, "count": rows.count()}).data)

    @extend_schema(request=ImportInput, responses={201: ImportSerializer})
    def post(self, request: Request, project_id: int) -> Response:
        access = access_project(viewer=request.user, project_id=project_id, roles=(Role.MANAGER,))
        given = ImportInput(data=request.data)
        given.is_valid(raise_exception=True)
        import_ = create_import(project=access.project, actor=request.user, note=given.validated_data.get("note", ""))
        return _answer(import_, status=201)


class ImportDetail(APIView):
    @extend_schema(responses=ImportSerializer)
    def get(self, request: Request, import_id: int) -> Response:
        return _answer(access_import(viewer=request.user, import_id=import_id))


class ImportFiles(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": UploadInput}, responses=UploadResult)
    def post(self, request: Request, import_id: int) -> Response:
        import_ = access_import(viewer=request.user, import_id=import_id)
        check_request(request)
        try:
            files, paths = request.FILES.getlist("file"), request.POST.getlist("path")
        except SuspiciousOperation as error:
            raise TooLarge(f"At most {MAX_FILES} files fit one request; send the rest in further ones.") from error
        if not files:
            raise Invalid("The request has no part named `file`.")
        if paths and len(paths) != len(files):
            raise Invalid(f"{len(files)} `file` parts came with {len(paths)} `path` parts; send one path per file.")
        names = [str(path) for path in paths] or [file.name or "unnamed" for file in files]
        wanted = [
            (name, file.chunks()) for file, name in zip(files, names, strict=True) if not staging.is_system_file(name)
        ]
        size = add_files(import_=import_, files=wanted)
        return Response(UploadResult({"received": len(files), "bytes": size}).data)


class ImportFinish(APIView):
    @extend_schema(request=None, responses=ImportSerializer)
    def post(self, request: Request, import_id: int) -> Response:
        import_ = access_import(viewer=request.user, import_id=import_id)
        return _answer(finish_import(import_=import_, actor=request.user))


def _answer(import_: Any, status: int = 200) -> Response:
    return Response(ImportSerializer(import_json(import_)).data, status=status)
