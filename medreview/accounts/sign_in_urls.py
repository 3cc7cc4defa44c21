"""The part of allauth's addresses that the product uses. No sign-up, no e-mail, no phone: what is not served cannot
be abused, and nothing tries to send a mail that nobody configured."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from allauth.headless.urls import urlpatterns as all_patterns
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import URLPattern, URLResolver
from django.views import View
from django.views.decorators.http import require_http_methods

app_name = "headless"
KEPT = frozenset({
    "config", "current_session", "login", "reauthenticate", "change_password", "authenticate", "authenticators",
    "manage_totp", "manage_recovery_codes", "redirect_to_provider",
})  # fmt: skip


def kept(patterns: Iterable[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """The patterns whose names are kept, in the folders and name spaces that they had."""
    found: list[URLPattern | URLResolver] = []
    for one in patterns:
        if isinstance(one, URLResolver):
            inner = kept(one.url_patterns)
            if inner:
                found.append(URLResolver(one.pattern, inner, one.default_kwargs, one.app_name, one.namespace))
        elif one.name in KEPT:
            found.append(_with_its_methods_only(one))
    return found


def _with_its_methods_only(one: URLPattern) -> URLPattern:
    """allauth looks at the input before the method; a method that is not there is refused first."""
    view: type[View] = getattr(one.callback, "view_class")  # noqa: B009 (mypy sees a plain function)
    methods = [name.upper() for name in view.http_method_names if name != "head" and hasattr(view, name)]
    return URLPattern(one.pattern, require_http_methods(methods)(_readable(one.callback)), one.default_args, one.name)


def _readable(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """allauth lets JSON that is nested too deeply end as a server error."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except RecursionError:
            error = {"code": "invalid", "message": "The JSON is nested too deeply to be read."}
            return JsonResponse({"status": 400, "errors": [error]}, status=400)

    return answer


urlpatterns = kept(all_patterns)
