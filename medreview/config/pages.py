"""What is not an API: the front end's page, health, and the demo users of a demo installation."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from medreview.demo.people import demo_people

_NOT_BUILT = "The front end is not built. Run `make run`, or `npm ci && npm run build` in frontend/."


@require_safe
@never_cache
@ensure_csrf_cookie
def front_end(request: HttpRequest, path: str = "") -> HttpResponse:
    """Every address that nobody else owns is the single-page application."""
    if path.startswith(("api/", "dicomweb/", "assets/", "static/", "_allauth/")):
        raise Http404
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


@require_safe
def demo_users(request: HttpRequest) -> JsonResponse:
    """Names and passwords of the demo people, shown on the sign-in page of a demo installation only."""
    people = demo_people()
    if settings.PRODUCTION or not people:
        return JsonResponse(
            {"error": {"code": "not_found", "message": "This is not a demo.", "retryable": False}}, status=404
        )
    return JsonResponse({"users": people})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return JsonResponse(
        {"error": {"code": "not_found", "message": "There is no such address.", "retryable": False}}, status=404
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return JsonResponse(
        {"error": {"code": "server_error", "message": "Something failed here; nothing you sent was changed. Try again, "
                   "and tell the operator if it goes on.", "retryable": True}}, status=500
    )  # fmt: skip
