"""Members, live events, the project's jobs and status, and a person's own tokens and second factor. `/me` itself is in
`labels`, which knows the projects' tasks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import get_totp_secret
from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from medreview.accounts import selectors, services
from medreview.accounts.models import Role, User
from medreview.accounts.second_factor import has_second_factor, lacks_second_factor
from medreview.accounts.serializers import (
    EnrolmentSerializer,
    MemberInputSerializer,
    MemberSerializer,
    NewTokenSerializer,
    TokenInputSerializer,
    TokenListSerializer,
)
from medreview.core import events, job_lists, machine
from medreview.core.api import body
from medreview.core.errors import Conflict, DomainError, NotFound
from medreview.core.models import Job
from medreview.core.serializers import JobListSerializer, JobQuerySerializer, JobSerializer, StatusSerializer

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


class JobsView(APIView):
    """The project's jobs, whatever their kind. Of other projects' jobs nothing shows but how many are ahead."""

    @extend_schema(parameters=[JobQuerySerializer], responses=JobListSerializer, operation_id="project_jobs")
    def get(self, request: Request, project_id: int) -> Response:
        access = selectors.access_project(viewer=request.user, project_id=project_id, roles=(Role.MANAGER,))
        given = JobQuerySerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        page = job_lists.list_of(access.project.pk, **given.validated_data)
        kinds = job_lists.kinds_of(access.project.pk)
        return Response({"results": page.rows, "next": page.next, "count": page.count, "kinds": kinds})


class StatusView(APIView):
    """How the installation is, for the managers of a project."""

    @extend_schema(responses=StatusSerializer, operation_id="project_status")
    def get(self, request: Request, project_id: int) -> Response:
        access = selectors.access_project(viewer=request.user, project_id=project_id, roles=(Role.MANAGER,))
        facts = machine.machine_facts()
        waits = job_lists.recent_waits(access.project.pk)
        disk = {**asdict(facts.disk), "state": facts.disk.state}
        return Response(StatusSerializer({**asdict(facts), "disk": disk, "waits": waits}).data)


class JobCancelView(APIView):
    @extend_schema(request=None, responses=JobSerializer, operation_id="job_cancel")
    def post(self, request: Request, job_id: int) -> Response:
        """Stop a job: at once while it waits, within seconds while it runs."""
        job = selectors.access_job(viewer=request.user, job_id=job_id)
        services.cancel_job(job=job, actor=request.user)
        return _shown(job)


class JobRetryView(APIView):
    @extend_schema(request=None, responses=JobSerializer, operation_id="job_retry")
    def post(self, request: Request, job_id: int) -> Response:
        """Do a failed job again."""
        job = selectors.access_job(viewer=request.user, job_id=job_id)
        services.retry_job(job=job, actor=request.user)
        return _shown(job)


def _shown(job: Job) -> Response:
    job.refresh_from_db()
    return Response(job_lists.shown([job])[0])


class TokensView(APIView):
    """One's own tokens. A token cannot make or end tokens: that is done in the browser."""

    is_for_browsers_only = True

    @extend_schema(responses=TokenListSerializer, operation_id="tokens")
    def get(self, request: Request) -> Response:
        found = list(selectors.list_tokens(viewer=request.user))
        return Response(TokenListSerializer({"results": found, "next": None, "count": len(found)}).data)

    @extend_schema(request=TokenInputSerializer, responses={201: NewTokenSerializer}, operation_id="token_create")
    def post(self, request: Request) -> Response:
        given = TokenInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        project = None
        if values["project_id"] is not None:
            project = selectors.access_project(viewer=request.user, project_id=values["project_id"]).project
        token = services.create_token(
            user=request.user, name=values["name"], scope=values["scope"], project=project, days=values["days"]
        )
        return Response({"token": token}, status=201)


class TokenView(APIView):
    is_for_browsers_only = True

    @extend_schema(responses={204: None}, operation_id="token_revoke")
    def delete(self, request: Request, token_id: int) -> Response:
        services.revoke_token(user=request.user, token_id=token_id)
        return Response(status=204)


class EnrolmentView(APIView):
    """What an authenticator app needs to start. It counts once its first code was given to allauth's address."""

    is_for_browsers_only = True
    is_open_without_second_factor = True

    @extend_schema(request=None, responses=EnrolmentSerializer, operation_id="second_factor_enrol")
    def post(self, request: Request) -> Response:
        if has_second_factor(request.user):
            raise Conflict("You have a second factor already; remove it before you set up another one.")
        secret = get_totp_secret()
        address = get_adapter().build_totp_url(request.user, secret)
        picture = get_adapter().build_totp_svg(address)
        return Response({"secret": secret, "address": address, "picture": picture})


@require_safe
async def project_events(request: HttpRequest, project_id: int) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events of one project: ids only. The stream ends each minute so that rights are checked again."""
    user = await request.auser()
    if not user.is_authenticated:
        return JsonResponse(body("not_authenticated", "Sign in first.", False), status=401)
    try:
        await sync_to_async(_check_viewer)(user, project_id)
    except DomainError as error:
        return JsonResponse(body(error.code, error.message, False), status=404)
    response = StreamingHttpResponse(_stream(project_id), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _check_viewer(user: User, project_id: int) -> None:
    """Gives the connection back: the stream must not keep one for each open page."""
    try:
        if lacks_second_factor(user):
            raise NotFound()
        selectors.access_project(viewer=user, project_id=project_id)
    finally:
        close_old_connections()


async def _stream(project_id: int) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    async for message in events.subscribe(project_id, seconds=RIGHTS_RECHECK_SECONDS):
        yield f"data: {message}\n\n".encode() if message else b": quiet\n\n"
