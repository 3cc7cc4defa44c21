"""The managers' list of cases."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from medreview.cases.models import Case, CaseStack
from medreview.cases.selectors import columns_of, list_cases
from medreview.cases.serializers import CaseListSerializer
from medreview.core.errors import Invalid

PAGE = 100
_SIDES = ("", "learning", "reference", "train", "val", "test")


class CaseList(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("q", str),
            OpenApiParameter("side", str, enum=_SIDES[1:]),
            OpenApiParameter("cursor", str),
        ],
        responses=CaseListSerializer,
    )
    def get(self, request: Request, project_id: int) -> Response:
        side, cursor = request.query_params.get("side", ""), request.query_params.get("cursor", "0")
        if side not in _SIDES:
            raise Invalid(f"side is one of {', '.join(_SIDES[1:])}.")
        if not cursor.isdecimal() or len(cursor) > 18:
            raise Invalid("The cursor is the `next` value of an earlier page.")
        query = request.query_params.get("q", "").replace("\x00", "")[:100]
        cases = list_cases(viewer=request.user, project_id=project_id, query=query, side=side)
        page = list(cases.filter(pk__gt=int(cursor))[: PAGE + 1])
        rows = _rows(page[:PAGE])
        following = str(page[PAGE - 1].pk) if len(page) > PAGE else None
        return Response(CaseListSerializer({"results": rows, "next": following, "count": cases.count()}).data)


def _rows(cases: list[Case]) -> list[dict[str, Any]]:
    stacks: dict[int, list[CaseStack]] = {case.pk: [] for case in cases}
    for stack in CaseStack.objects.filter(case__in=cases).select_related("grid"):
        stacks[stack.case_id].append(stack)
    extra = columns_of([case.pk for case in cases])
    return [_row(case, stacks[case.pk], extra[case.pk]) for case in cases]


def _row(case: Case, stacks: list[CaseStack], extra: dict[str, Any]) -> dict[str, Any]:
    warnings = {warning["rule"]: warning for stack in stacks for warning in stack.grid.warnings}
    return {
        "id": case.pk,
        "pseudonym": case.pseudonym,
        "patient": case.patient.pseudonym,
        "modality": case.modality,
        "study_date": case.study.study_date,
        "description": case.description,
        "series_count": len({stack.grid.series_id for stack in stacks}),
        "lane": "reference" if case.is_reference else "learning",
        "status": "unread",
        "warnings": list(warnings.values()),
        "excluded_reason": case.excluded_reason,
        "entropy": None,
        "suggestions": None,
        **extra,
    }
