"""One reading: open it, write its journal, submit it, comment on it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from medreview.core import audit
from medreview.core.api import body, if_match
from medreview.core.errors import Stale
from medreview.reading.selectors.readings import comment_json, journal_since, reading_detail
from medreview.reading.serializers.inputs import (
    CommentInputSerializer,
    OperationsInputSerializer,
    ResolveInputSerializer,
    SubmitInputSerializer,
)
from medreview.reading.serializers.marks import JournalPageSerializer, OperationsReceiptSerializer
from medreview.reading.serializers.shapes import CommentSerializer, ReadingSerializer, SubmissionSerializer
from medreview.reading.services.commenting import add_comment, resolve_comment
from medreview.reading.services.freezing import Cost
from medreview.reading.services.operations import append_operations
from medreview.reading.services.submitting import submit_reading

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description='The journal sequence built on, e.g. "12".'
)


def stale_response(error: Stale) -> Response:
    """412 with the current sequence and what the client missed beside the error."""
    return Response({**body(error.code, error.message, error.retryable), **error.detail}, status=412)


class ReadingView(APIView):
    @extend_schema(responses=ReadingSerializer, operation_id="reading")
    def get(self, request: Request, reading_id: int) -> Response:
        seen, detail = reading_detail(viewer=request.user, reading_id=reading_id)
        audit.record(
            "reading.open", actor_id=request.user.pk, object_type="reading.reading", object_id=reading_id,
            scope_id=seen.reading.project_id, case_id=seen.reading.case_id,
        )  # fmt: skip
        response = Response(ReadingSerializer(detail).data)
        response["ETag"] = detail["journal"]["etag"]
        return response


class OperationsView(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("since", int, description="The newest sequence you have.")],
        responses=JournalPageSerializer,
        operation_id="journal",
    )
    def get(self, request: Request, reading_id: int) -> Response:
        since = request.query_params.get("since", "0")
        return Response(journal_since(viewer=request.user, reading_id=reading_id, since=since))

    @extend_schema(
        parameters=[IF_MATCH],
        request=OperationsInputSerializer,
        responses=OperationsReceiptSerializer,
        operation_id="journal_append",
    )
    def post(self, request: Request, reading_id: int) -> Response:
        given: Any = request.data
        operations = given.get("operations") if isinstance(given, dict) else None
        try:
            receipt = append_operations(
                viewer=request.user, reading_id=reading_id, operations=operations, base=if_match(request)
            )
        except Stale as error:
            return stale_response(error)
        return Response(OperationsReceiptSerializer(receipt).data)


class SubmitView(APIView):
    @extend_schema(
        parameters=[IF_MATCH],
        request=SubmitInputSerializer,
        responses=SubmissionSerializer,
        operation_id="reading_submit",
    )
    def post(self, request: Request, reading_id: int) -> Response:
        given = SubmitInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        costs = {one["suggestion_id"]: Cost(one["strokes"], one["seconds"]) for one in values["costs"]}
        try:
            done = submit_reading(
                viewer=request.user, reading_id=reading_id, base=if_match(request), costs=costs,
                elapsed_seconds=values["elapsed_seconds"], normal=values["normal"],
            )  # fmt: skip
        except Stale as error:
            return stale_response(error)
        answer = {"reading_id": reading_id, "state": done.reading.state, "next_reading_id": done.next_reading_id}
        return Response({**answer, "missing": []})


class CommentsView(APIView):
    @extend_schema(request=CommentInputSerializer, responses={201: CommentSerializer}, operation_id="comment_add")
    def post(self, request: Request, reading_id: int) -> Response:
        given = CommentInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        comment = add_comment(
            viewer=request.user,
            reading_id=reading_id,
            text=given.validated_data["text"],
            point=given.validated_data["point"],
        )
        return Response(CommentSerializer(comment_json(comment)).data, status=201)


class CommentView(APIView):
    @extend_schema(request=ResolveInputSerializer, responses=CommentSerializer, operation_id="comment_resolve")
    def patch(self, request: Request, comment_id: int) -> Response:
        given = ResolveInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        comment = resolve_comment(viewer=request.user, comment_id=comment_id, resolved=given.validated_data["resolved"])
        return Response(CommentSerializer(comment_json(comment)).data)
