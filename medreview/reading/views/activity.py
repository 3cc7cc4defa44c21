"""The manager's charts over HTTP."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from medreview.accounts.models import Role
from medreview.accounts.selectors import access_project
from medreview.reading.selectors.activity import activity, zone_of
from medreview.reading.serializers.activity import ActivityQuerySerializer, ActivitySerializer


class ActivityView(APIView):
    """What people did in the project, day by day."""

    @extend_schema(parameters=[ActivityQuerySerializer], responses=ActivitySerializer, operation_id="project_activity")
    def get(self, request: Request, project_id: int) -> Response:
        access = access_project(viewer=request.user, project_id=project_id, roles=(Role.MANAGER,))
        given = ActivityQuerySerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        zone = zone_of(given.validated_data["zone"])
        days = activity(access.project, days=given.validated_data["days"], zone=zone)
        return Response(ActivitySerializer({"zone": zone.key, "days": days}).data)
