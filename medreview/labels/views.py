"""A project's page: its settings, people and label set."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from medreview.accounts import selectors as accounts
from medreview.accounts import services as account_services
from medreview.accounts.models import Role, User
from medreview.accounts.selectors import Access
from medreview.accounts.serializers import (
    MeSerializer,
    PreferencesSerializer,
    ProjectListSerializer,
    ProjectPatchSerializer,
    project_json,
    second_factor_json,
)
from medreview.labels import selectors, services
from medreview.labels.models import LabelSet
from medreview.labels.serializers import (
    LabelSetInputSerializer,
    LabelSetSerializer,
    ProjectDetailSerializer,
    ProjectInputSerializer,
)


def overview(access: Access) -> dict[str, Any]:
    newest = LabelSet.objects.filter(project=access.project).order_by("-version").first()
    members = [
        {"user_id": user.pk, "username": user.username, "display_name": user.shown_name, "roles": roles}
        for user, roles in accounts.list_members(project=access.project)
    ]
    return {
        **project_json(access, selectors.list_tasks(access.project)),
        "label_set": LabelSetSerializer(newest).data if newest else None,
        "members": members,
    }


def listing(user: User) -> list[dict[str, Any]]:
    """Every project of a person, as that person sees it."""
    found = []
    for project in accounts.list_projects(viewer=user):
        access = accounts.access_project(viewer=user, project_id=project.pk)
        found.append(project_json(access, selectors.list_tasks(project)))
    return found


class MeView(APIView):
    """The signed-in person."""

    is_open_without_second_factor = True

    @extend_schema(responses=MeSerializer, operation_id="me_get")
    def get(self, request: Request) -> Response:
        return Response(self._json(request.user))

    @extend_schema(request=PreferencesSerializer, responses=MeSerializer, operation_id="me_update")
    def patch(self, request: Request) -> Response:
        given = PreferencesSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        account_services.update_preferences(user=request.user, changes=given.validated_data)
        return Response(self._json(request.user))

    def _json(self, user: User) -> dict[str, Any]:
        words = user.shown_name.split() or [user.username]
        return {
            "id": user.pk, "username": user.username, "display_name": user.shown_name,
            "initials": "".join(word[0] for word in (words[0], words[-1]))[: len(words)].upper(),
            "locale": user.locale, "theme": user.theme, "timezone": user.timezone, "keymap": user.keymap,
            "second_factor": second_factor_json(user), "can_make_projects": accounts.can_make_projects(user),
            "projects": listing(user),
        }  # fmt: skip


class ProjectsView(APIView):
    methods_that_manage = ("POST",)

    @extend_schema(responses=ProjectListSerializer, operation_id="projects_list")
    def get(self, request: Request) -> Response:
        found = listing(request.user)
        return Response({"results": found, "next": None, "count": len(found)})

    @extend_schema(
        request=ProjectInputSerializer, responses={201: ProjectDetailSerializer}, operation_id="projects_create"
    )
    def post(self, request: Request) -> Response:
        accounts.require_project_maker(request.user)
        given = ProjectInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        with transaction.atomic():
            project = account_services.create_project(
                name=given.validated_data["name"], description=given.validated_data.get("description", ""),
                actor=request.user,
            )  # fmt: skip
            services.create_label_set(project=project, labels=given.validated_data["labels"], actor=request.user)
        access = accounts.access_project(viewer=request.user, project_id=project.pk)
        return Response(overview(access), status=201)


class ProjectView(APIView):
    @extend_schema(responses=ProjectDetailSerializer, operation_id="project_get")
    def get(self, request: Request, project_id: int) -> Response:
        return Response(overview(accounts.access_project(viewer=request.user, project_id=project_id)))

    @extend_schema(request=ProjectPatchSerializer, responses=ProjectDetailSerializer, operation_id="project_update")
    def patch(self, request: Request, project_id: int) -> Response:
        access = accounts.access_project(viewer=request.user, project_id=project_id, roles=(Role.MANAGER,))
        given = ProjectPatchSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        account_services.update_project(project=access.project, changes=given.validated_data, actor=request.user)
        return Response(overview(accounts.access_project(viewer=request.user, project_id=project_id)))


class LabelSetView(APIView):
    @extend_schema(
        request=LabelSetInputSerializer, responses={201: LabelSetSerializer}, operation_id="label_set_create"
    )
    def post(self, request: Request, project_id: int) -> Response:
        access = accounts.access_project(viewer=request.user, project_id=project_id, roles=(Role.MANAGER,))
        given = LabelSetInputSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        created = services.create_label_set(
            project=access.project, labels=given.validated_data["labels"], actor=request.user
        )
        return Response(LabelSetSerializer(created).data, status=201)
