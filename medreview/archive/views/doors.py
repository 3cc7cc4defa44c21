"""The quarantine, the routes of AE titles and the inbox, for managers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from medreview.accounts.models import Role
from medreview.accounts.selectors import access_project
from medreview.archive import selectors, services
from medreview.archive.serializers import (
    AeRouteInput,
    AeRouteListSerializer,
    AeRouteSerializer,
    ImportSerializer,
    InboxAssignInput,
    InboxDeletedSerializer,
    InboxDeleteInput,
    InboxSerializer,
    QuarantinedSerializer,
    QuarantineListSerializer,
    ResolutionInput,
    import_json,
    quarantined_json,
)
from medreview.archive.states import QuarantineState
from medreview.core.errors import Invalid

PAGE = 50


class QuarantineList(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("state", str, enum=QuarantineState.values)],
        responses=QuarantineListSerializer,
    )
    def get(self, request: Request, project_id: int) -> Response:
        state, cursor = request.query_params.get("state", ""), request.query_params.get("cursor", "")
        if state and state not in QuarantineState.values:
            raise Invalid(f"state is one of {', '.join(QuarantineState.values)}.")
        if cursor and (not cursor.isdecimal() or not cursor.isascii() or len(cursor) > 18):
            raise Invalid("The cursor is the `next` value of an earlier page.")
        rows = selectors.list_quarantined(viewer=request.user, project_id=project_id, state=state)
        page = list((rows.filter(pk__lt=int(cursor)) if cursor else rows)[: PAGE + 1])
        following = str(page[PAGE - 1].pk) if len(page) > PAGE else None
        found = [quarantined_json(row) for row in page[:PAGE]]
        return Response(QuarantineListSerializer({"results": found, "next": following, "count": rows.count()}).data)


class QuarantineRelease(APIView):
    @extend_schema(request=ResolutionInput, responses=QuarantinedSerializer)
    def post(self, request: Request, quarantined_id: int) -> Response:
        """Take the file in although the rule held it back; 409 where the rule does not allow that."""
        row = selectors.access_quarantined(viewer=request.user, quarantined_id=quarantined_id)
        services.release_quarantined(row=row, actor=request.user, note=_note(request))
        return Response(QuarantinedSerializer(quarantined_json(row)).data)


class QuarantineDiscard(APIView):
    @extend_schema(request=ResolutionInput, responses=QuarantinedSerializer)
    def post(self, request: Request, quarantined_id: int) -> Response:
        """Let the file go; what it was stays on record."""
        row = selectors.access_quarantined(viewer=request.user, quarantined_id=quarantined_id)
        services.discard_quarantined(row=row, actor=request.user, note=_note(request))
        return Response(QuarantinedSerializer(quarantined_json(row)).data)


class AeRouteList(APIView):
    @extend_schema(responses=AeRouteListSerializer)
    def get(self, request: Request, project_id: int) -> Response:
        rows = selectors.list_ae_routes(viewer=request.user, project_id=project_id)
        return Response(AeRouteListSerializer({"results": rows}).data)

    @extend_schema(request=AeRouteInput, responses={201: AeRouteSerializer})
    def post(self, request: Request, project_id: int) -> Response:
        access = access_project(viewer=request.user, project_id=project_id, roles=(Role.MANAGER,))
        given = _valid(AeRouteInput(data=request.data))
        route = services.create_ae_route(project=access.project, actor=request.user, **given)
        return Response(AeRouteSerializer(route).data, status=201)


class AeRouteDetail(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, route_id: int) -> Response:
        route = selectors.access_ae_route(viewer=request.user, route_id=route_id)
        services.delete_ae_route(route=route, actor=request.user)
        return Response(status=204)


class Inbox(APIView):
    @extend_schema(responses=InboxSerializer)
    def get(self, request: Request) -> Response:
        return Response(InboxSerializer({"results": selectors.list_inbox(viewer=request.user)}).data)


class InboxAssign(APIView):
    @extend_schema(request=InboxAssignInput, responses={201: ImportSerializer})
    def post(self, request: Request) -> Response:
        """Give studies to a project of yours: they come in as an import."""
        selectors.require_manager_somewhere(request.user)
        given = _valid(InboxAssignInput(data=request.data))
        access = access_project(viewer=request.user, project_id=given["project_id"], roles=(Role.MANAGER,))
        uids = given["study_instance_uids"]
        import_ = services.assign_inbox(project=access.project, actor=request.user, study_instance_uids=uids)
        return Response(ImportSerializer(import_json(import_)).data, status=201)


class InboxDelete(APIView):
    @extend_schema(request=InboxDeleteInput, responses=InboxDeletedSerializer)
    def post(self, request: Request) -> Response:
        """Forget studies that nobody needs; the reason goes to the audit trail."""
        selectors.require_manager_somewhere(request.user)
        given = _valid(InboxDeleteInput(data=request.data))
        count = services.delete_from_inbox(actor=request.user, **given)
        return Response(InboxDeletedSerializer({"deleted": count}).data)


def _note(request: Request) -> str:
    return str(_valid(ResolutionInput(data=request.data)).get("note", ""))


def _valid(given: Any) -> dict[str, Any]:
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
