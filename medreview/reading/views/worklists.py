"""The reader's list: look, claim, put aside, give back."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from medreview.reading.selectors.worklist import worklist
from medreview.reading.serializers.inputs import SkipInputSerializer
from medreview.reading.serializers.shapes import ReadingIdSerializer, ReadingLeftSerializer, WorklistSerializer
from medreview.reading.services.claims import claim_case, claim_next, release_reading, skip_reading


class WorklistView(APIView):
    @extend_schema(responses=WorklistSerializer, operation_id="worklist")
    def get(self, request: Request, project_id: int) -> Response:
        return Response(WorklistSerializer(worklist(viewer=request.user, project_id=project_id)).data)


class NextView(APIView):
    @extend_schema(request=None, responses=ReadingIdSerializer, operation_id="worklist_next")
    def post(self, request: Request, project_id: int) -> Response:
        return Response({"reading_id": claim_next(viewer=request.user, project_id=project_id).pk})


class ClaimView(APIView):
    @extend_schema(request=None, responses=ReadingIdSerializer, operation_id="case_claim")
    def post(self, request: Request, case_id: int) -> Response:
        return Response({"reading_id": claim_case(viewer=request.user, case_id=case_id).pk})


class SkipView(APIView):
    @extend_schema(request=SkipInputSerializer, responses=ReadingLeftSerializer, operation_id="reading_skip")
    def post(self, request: Request, reading_id: int) -> Response:
        given = SkipInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        reading = skip_reading(viewer=request.user, reading_id=reading_id, reason=given.validated_data["reason"])
        return Response({"reading_id": reading.pk, "state": reading.state})


class ReleaseView(APIView):
    @extend_schema(request=None, responses=ReadingLeftSerializer, operation_id="reading_release")
    def post(self, request: Request, reading_id: int) -> Response:
        reading = release_reading(viewer=request.user, reading_id=reading_id)
        return Response({"reading_id": reading.pk, "state": reading.state})
