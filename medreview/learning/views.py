"""The manager's page over HTTP: parse, authorise, one service or selector, answer. Managers only."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from medreview.accounts.models import Project, Role
from medreview.accounts.selectors import access_project
from medreview.core.errors import NotFound
from medreview.learning import serializers as shapes
from medreview.learning.selectors import overview
from medreview.learning.selectors.gate import WHICH, model_json, picture_path
from medreview.learning.selectors.runs import access_run
from medreview.learning.services import promotion, training
from medreview.registry.selectors import access_model

MANAGERS = (Role.MANAGER,)


def _parse(shape: type[Serializer[Any]], data: Any) -> dict[str, Any]:
    given = shape(data=data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _project(request: Request, project_id: int) -> Project:
    return access_project(viewer=request.user, project_id=project_id, roles=MANAGERS).project


class LearningView(APIView):
    @extend_schema(
        parameters=[shapes.LearningQuerySerializer], responses=shapes.LearningSerializer, operation_id="learning_get"
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = _project(request, project_id)
        task = _parse(shapes.LearningQuerySerializer, request.query_params).get("task", "")
        return Response(overview.learning_overview(project, task))


class RetrainView(APIView):
    @extend_schema(
        request=shapes.RetrainInputSerializer,
        responses={201: shapes.RunSerializer, 200: shapes.RunSerializer},
        operation_id="retrain",
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = _project(request, project_id)
        given = _parse(shapes.RetrainInputSerializer, request.data)
        run, is_new = training.request_retrain(project=project, actor=request.user, **given)
        return Response(overview.run_json(run), status=201 if is_new else 200)


class TrainingRunView(APIView):
    @extend_schema(responses=shapes.RunDetailSerializer, operation_id="training_run_get")
    def get(self, request: Request, run_id: int) -> Response:
        run, _ = access_run(viewer=request.user, run_id=run_id, roles=MANAGERS)
        return Response(overview.run_detail_json(run))


class CancelTrainingRunView(APIView):
    @extend_schema(request=None, responses=shapes.RunSerializer, operation_id="training_run_cancel")
    def post(self, request: Request, run_id: int) -> Response:
        run, access = access_run(viewer=request.user, run_id=run_id, roles=MANAGERS)
        training.cancel_run(run=run, actor=request.user, roles=access.roles)
        return Response(overview.run_json(run))


class ModelView(APIView):
    @extend_schema(responses=shapes.ModelSerializer, operation_id="model_get")
    def get(self, request: Request, model_id: int) -> Response:
        model, _ = access_model(viewer=request.user, model_id=model_id, roles=MANAGERS)
        return Response(model_json(model))


class PromoteView(APIView):
    @extend_schema(request=shapes.ReasonInputSerializer, responses=shapes.ModelSerializer, operation_id="model_promote")
    def post(self, request: Request, model_id: int) -> Response:
        model, access = access_model(viewer=request.user, model_id=model_id, roles=MANAGERS)
        reason = _parse(shapes.ReasonInputSerializer, request.data)["reason"]
        promotion.promote_model(model=model, actor=request.user, roles=access.roles, reason=reason)
        return Response(model_json(model))


class DeclineView(APIView):
    @extend_schema(request=shapes.ReasonInputSerializer, responses=shapes.ModelSerializer, operation_id="model_decline")
    def post(self, request: Request, model_id: int) -> Response:
        model, access = access_model(viewer=request.user, model_id=model_id, roles=MANAGERS)
        reason = _parse(shapes.ReasonInputSerializer, request.data)["reason"]
        promotion.decline_model(model=model, actor=request.user, roles=access.roles, reason=reason)
        return Response(model_json(model))


class RollbackView(APIView):
    @extend_schema(
        request=shapes.ReasonInputSerializer, responses=shapes.RollbackSerializer, operation_id="model_rollback"
    )
    def post(self, request: Request, model_id: int) -> Response:
        model, access = access_model(viewer=request.user, model_id=model_id, roles=MANAGERS)
        reason = _parse(shapes.ReasonInputSerializer, request.data)["reason"]
        done = promotion.roll_back(model=model, actor=request.user, roles=access.roles, reason=reason)
        reinstated = model_json(done.reinstated) if done.reinstated else None
        return Response({**model_json(done.model), "reinstated": reinstated, "withdrawn_suggestions": done.withdrawn})


class PictureView(APIView):
    @extend_schema(responses={(200, "image/png"): OpenApiTypes.BINARY}, operation_id="model_picture")
    def get(self, request: Request, model_id: int, case_id: int, label_key: str, which: str) -> FileResponse:
        model, _ = access_model(viewer=request.user, model_id=model_id, roles=MANAGERS)
        path = picture_path(model, case_id, label_key, which)
        if which not in WHICH or not path.is_file():
            raise NotFound()
        return FileResponse(path.open("rb"), content_type="image/png")
