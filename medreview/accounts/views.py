"""Members and live events. The signed-in person's own page (`/me`) is in `labels`, which knows the projects' tasks."""

from __future__ import annotations

from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from medreview.accounts import selectors, services
from medreview.accounts.models import Role, User
from medreview.accounts.serializers import MemberInputSerializer, MemberSerializer
from medreview.core import events
from medreview.core.api import body
from medreview.core.errors import DomainError, NotFound

RIGHTS_RECHECK_SECONDS = 60.0


class MembersView(APIView):
    @extend_schema(request=MemberInputSerializer, responses={201: MemberSerializer}, operation_id="member_add")
    def post(self, request: Request, project_id: int) -> Response:
        access, user, role = self._parse(request, project_id)
        services.add_member(project=access.project, user=user, role=role, actor=request.user)
        roles = sorted(selectors.roles_of(user, access.project))
        return Response(
            {"user_id": user.pk, "username": user.username, "display_name": user.shown_name, "roles": roles}, status=201
        )

    @extend_schema(request=MemberInputSerializer, responses={204: None}, operation_id="member_remove")
    def delete(self, request: Request, project_id: int) -> Response:
        access, user, role = self._parse(request, project_id)
        services.remove_member(project=access.project, user=user, role=role, actor=request.user)
        return Response(status=204)

    def _parse(self, request: Request, project_id: int) -> tuple[selectors.Access, User, str]:
        access = selectors.access_project(viewer=request.user, project_id=project_id, roles=(Role.MANAGER,))
        given = MemberInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = User.objects.filter(username=given.validated_data["username"], is_active=True).first()
        if user is None:
            raise NotFound("There is no such user; ask an administrator to add the account first.")
        return access, user, given.validated_data["role"]


async def project_events(request: HttpRequest, project_id: int) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events of one project: ids only. The stream ends each minute so that rights are checked again."""
    user = await request.auser()
    if not user.is_authenticated:
        return JsonResponse(body("not_authenticated", "Sign in first.", False), status=401)
    try:
        await sync_to_async(selectors.access_project)(viewer=user, project_id=project_id)
    except DomainError as error:
        return JsonResponse(body(error.code, error.message, False), status=404)
    response = StreamingHttpResponse(_stream(project_id), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _stream(project_id: int) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    async for message in events.subscribe(project_id, seconds=RIGHTS_RECHECK_SECONDS):
        yield f"data: {message}\n\n".encode() if message else b": quiet\n\n"
