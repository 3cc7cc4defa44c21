"""All addresses. The front end owns every path that is not listed here."""

from importlib.util import find_spec

from allauth.socialaccount.providers.openid_connect.views import callback
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from medreview.config import metrics, pages

_APPS = ("accounts", "labels", "archive", "registry", "cases", "annotations", "suggestions", "reading", "learning")

handler404 = "medreview.config.pages.not_found"
handler500 = "medreview.config.pages.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", pages.healthz),
    path("readyz", pages.readyz),
    path("metrics", metrics.metrics),
    path("_allauth/", include("medreview.accounts.sign_in_urls")),
    path("accounts/oidc/<slug:provider_id>/login/callback/", require_safe(callback), name="openid_connect_callback"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema")),
    path("api/v1/demo", pages.DemoView.as_view()),
    *[path("api/v1/", include(f"medreview.{app}.urls")) for app in _APPS if find_spec(f"medreview.{app}.urls")],
    *(
        [path("dicomweb/", include("medreview.archive.dicomweb_urls"))]
        if find_spec("medreview.archive.dicomweb_urls")
        else []
    ),
    re_path(r"^(?P<path>(?:api|dicomweb|assets|static|_allauth|accounts)/.*)$", pages.no_such_address),
    path("", pages.front_end),
    re_path(r"^(?P<path>.+)$", pages.front_end),
]
