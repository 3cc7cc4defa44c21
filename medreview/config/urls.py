"""All addresses. The front end owns every path that is not listed here."""

from django.urls import URLPattern, URLResolver, path

urlpatterns: list[URLPattern | URLResolver] = []
