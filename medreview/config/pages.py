"""What belongs to no app: the front end's page, health, and the demo users of a demo installation."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from medreview.accounts.models import Role
from medreview.core.errors import NotFound
from medreview.demo.people import demo_people

_NOT_BUILT = "The front end is not built. Run `make run`, or `npm ci && npm run build` in frontend/."


@require_safe
@never_cache
@ensure_csrf_cookie
def front_end(request: HttpRequest, path: str = "") -> HttpResponse:
    """Every address that nobody else owns is the single-page application."""
    page = settings.FRONTEND_DIST / "index.html"
    if not page.exists():
        return HttpResponse(_NOT_BUILT, status=503, content_type="text/plain")
    return HttpResponse(page.read_bytes(), content_type="text/html; charset=utf-8")


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready when the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ready"})


class DemoUserSerializer(serializers.Serializer[Any]):
    username = serializers.CharField()
    password = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    display_name = serializers.CharField()
    does = serializers.CharField()


class DemoSerializer(serializers.Serializer[Any]):
    users = DemoUserSerializer(many=True)


class DemoView(APIView):
    """Names and passwords of the demo people, shown on the sign-in page of a demo installation only."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(responses=DemoSerializer, operation_id="demo")
    def get(self, request: Request) -> Response:
        people = demo_people()
        if settings.PRODUCTION or not people:
            raise NotFound("This is not a demo.")
        return Response({"users": people})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return JsonResponse(
        {"error": {"code": "not_found", "message": "There is no such address.", "retryable": False}}, status=404
    )


@csrf_exempt
def no_such_address(request: HttpRequest, path: str = "") -> HttpResponse:
    """Whatever the method: below the addresses of machines there are no pages."""
    return not_found(request, Http404())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's own page says the same in HTML."""
    message = "The CSRF token is missing or old, so nothing was done. Load the page again, then repeat it."
    return JsonResponse({"error": {"code": "csrf_failed", "message": message, "retryable": False}}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Also while the database is away or all its connections are in use: then it is worth coming again."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        message = "The database does not answer right now. What you sent may not be saved; it is worth sending again."
        error = {"code": "unavailable", "message": message, "retryable": True}
        return JsonResponse({"error": error}, status=503, headers={"Retry-After": "2"})
    return JsonResponse(
        {"error": {"code": "server_error", "message": "Something failed here; nothing you sent was changed. Try again, "
                   "and tell the operator if it goes on.", "retryable": True}}, status=500
    )  # fmt: skip
