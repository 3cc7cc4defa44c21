"""The reviewer's list, and what is done with one reading."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from medreview.core.errors import Stale
from medreview.reading.selectors.reviews import review_queue
from medreview.reading.serializers.inputs import DecisionInputSerializer, ReviewInputSerializer
from medreview.reading.serializers.shapes import (
    DecisionReceiptSerializer,
    ReviewOpenedSerializer,
    ReviewPageSerializer,
)
from medreview.reading.services.reviewing import decide_review, open_review
from medreview.reading.views.readings import stale_response


class ReviewsView(APIView):
    @extend_schema(responses=ReviewPageSerializer, operation_id="reviews")
    def get(self, request: Request, project_id: int) -> Response:
        return Response(ReviewPageSerializer(review_queue(viewer=request.user, project_id=project_id)).data)


class ReviewView(APIView):
    @extend_schema(request=ReviewInputSerializer, responses=ReviewOpenedSerializer, operation_id="review_open")
    def post(self, request: Request, reading_id: int) -> Response:
        given = ReviewInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        edit = given.validated_data["mode"] == "edit"
        review = open_review(viewer=request.user, reading_id=reading_id, edit=edit)
        return Response({"review_id": review.pk})


class DecisionView(APIView):
    @extend_schema(request=DecisionInputSerializer, responses=DecisionReceiptSerializer, operation_id="review_decide")
    def post(self, request: Request, reading_id: int) -> Response:
        given = DecisionInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            verdict = decide_review(viewer=request.user, reading_id=reading_id, **given.validated_data)
        except Stale as error:
            return stale_response(error)
        return Response({"state": verdict.reading.state, "next_reading_id": verdict.next_reading_id})
