"""Every address that the resolver knows, found by walking it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from tests.access.table import Row
from tests.access.world import ABSENT, Objects

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


def all_routes(patterns: Any = None, prefix: str = "") -> Iterator[str]:
    """The whole route of every pattern, e.g. `api/v1/projects/<int:project_id>`."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from all_routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def parameters_of(route: str) -> list[tuple[str, str]]:
    """(converter, name) of each parameter, in order."""
    return [(kind or "str", name) for kind, name in _PARAMETER.findall(route)]


def address(row: Row, objects: Objects) -> str:
    """The row's address with the given objects in it."""
    if row.path:
        return "/" + row.path
    return "/" + _PARAMETER.sub(lambda found: str(objects[row.use.get(found[2], found[2])]), row.route)


def absent_objects(row: Row) -> Objects:
    """Numbers and names that nothing has; the two last words of a picture's address stay what they are."""
    found: Objects = {}
    for kind, name in parameters_of(row.route):
        found[row.use.get(name, name)] = ABSENT[kind]
    return found
