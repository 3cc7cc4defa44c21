"""Every address × every persona × (own object, another project's, none): as declared, and nothing undeclared.

The addresses come from the resolver itself, so a route that nobody thought about turns this red.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import TestCase

from tests.access.routes import METHODS, absent_objects, address, all_routes, parameters_of
from tests.access.table import API, AUTH, ROWS, WEB, Row, everyone
from tests.access.world import PERSONAS, Objects, Stage, set_stage

ROUTES = sorted(set(all_routes()))
WITH_OBJECT = [row for row in ROWS if parameters_of(row.route) and not row.path]
NESTED = [row for row in WITH_OBJECT if len(parameters_of(row.route)) > 1]
READS = [row for row in ROWS if row.method == "GET" and not row.route.startswith(AUTH)]
OBJECTS_AND_LISTS = [row for row in READS if row.route.startswith((API, WEB))]
PROBES = (
    "?owner__password__startswith=a", "?reader__password__startswith=argon2", "?project__membership__user=1",
    "?ordering=created_by__password", "?fields=__all__", "?id__in=1,2,3", "?format=api",
)  # fmt: skip
HOW = (
    "Add to ROWS in tests/access/table.py, e.g.\n"
    '    Row("{method}", "{route}", managers()),\n'
    "with the statuses for {personas}. A parameter that is new in an address also needs an object of each project in "
    "`furnish` of tests/access/world.py."
)


def undeclared(method: str, route: str) -> str:
    return f"{method} /{route} is not declared. " + HOW.format(method=method, route=route, personas=", ".join(PERSONAS))


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _filled(body: str, objects: Objects) -> str:
    """The body with objects in the places that name them."""
    for name in ("username", "project_id"):
        body = body.replace(f"{{{name}}}", str(objects[name]))
    return body


def declared(row: Row) -> dict[str, int]:
    return dict(zip(PERSONAS, map(int, row.statuses.split()), strict=True))


def _settled(answer: Any) -> bytes:
    """The body without what changes while one looks: ages of waiting jobs, free bytes of the disk."""
    return re.sub(rb'"(\w+_seconds|free_bytes)":[\d.]+', rb'"\1":0', answer.content)


class RouteTest(TestCase):
    """The stage is set once; a failing row does not hide the next."""

    stage: Stage

    @classmethod
    def setUpTestData(cls) -> None:
        cls.stage = set_stage()

    def ask(self, persona: str, row: Row, objects: Objects, method: str = "", query: str = "") -> Any:
        """The answer to the row's request by a persona; the database is as before afterwards."""
        client = self.stage.client(persona)
        headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in row.headers.items()}
        where, how = address(row, objects) + query, method or row.method
        with undone():
            if row.upload and how == "POST":
                return client.post(where, {"file": SimpleUploadedFile("a.dcm", b"x"), "path": "a.dcm"}, **headers)
            body = "" if row.body is None else _filled(json.dumps(row.body), self.stage.mine)
            return client.generic(how, where, body, "application/json", **headers)

    def test_every_route_is_declared_with_all_its_methods(self) -> None:
        for route in ROUTES:
            rows = [row for row in ROWS if row.route == route]
            with self.subTest(route):
                assert rows, undeclared("GET", route)
                for method in sorted(set(METHODS) - {row.method for row in rows}):
                    status = self.ask("manager", rows[0], self.stage.mine, method).status_code
                    assert status == 405, f"{undeclared(method, route)} (It answers {status}.)"

    def test_the_table_declares_no_route_that_is_gone(self) -> None:
        assert {row.route for row in ROWS} - set(ROUTES) == set()

    def test_own_project_as_declared(self) -> None:
        for row in ROWS:
            with self.subTest(str(row)):
                found = {persona: self.ask(persona, row, self.stage.mine).status_code for persona in PERSONAS}
                assert found == declared(row)

    def test_another_projects_object_looks_absent(self) -> None:
        for row, persona in itertools.product(WITH_OBJECT, PERSONAS):
            with self.subTest(f"{row}, {persona}"):
                absent = self.ask(persona, row, absent_objects(row))
                assert absent.status_code == (401 if persona == "anonymous" else 404)
                if persona != "outsider":
                    foreign = self.ask(persona, row, self.stage.foreign)
                    assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content)

    def test_a_foreign_object_under_an_own_address_looks_absent(self) -> None:
        for row, persona in itertools.product(NESTED, PERSONAS):
            first = parameters_of(row.route)[0][1]
            mine = {first: self.stage.mine[first]}
            with self.subTest(f"{row}, {persona}"):
                mixed = self.ask(persona, row, {**self.stage.foreign, **mine})
                absent = self.ask(persona, row, {**absent_objects(row), **mine})
                assert (mixed.status_code, mixed.content) == (absent.status_code, absent.content)
                assert mixed.status_code >= 400

    def test_head_answers_like_get_without_a_body(self) -> None:
        for row, persona in itertools.product(READS, ("anonymous", "outsider", "manager")):
            with self.subTest(f"{row}, {persona}"):
                head = self.ask(persona, row, self.stage.mine, "HEAD")
                assert head.status_code == declared(row)[persona]
                assert head.streaming or head.content == b""

    def test_options_says_nothing_about_an_object(self) -> None:
        for row, persona in itertools.product(WITH_OBJECT, ("anonymous", "outsider", "manager")):
            with self.subTest(f"{row}, {persona}"):
                places = (self.stage.mine, self.stage.foreign, absent_objects(row))
                answers = [self.ask(persona, row, place, "OPTIONS") for place in places]
                assert len({(answer.status_code, answer.content) for answer in answers}) == 1
                assert answers[0].status_code in ((401, 405) if persona == "anonymous" else (200, 405))

    def test_a_filter_nobody_offers_changes_nothing(self) -> None:
        for row in OBJECTS_AND_LISTS:
            plain = self.ask("manager", row, self.stage.mine)
            if plain.streaming:
                continue
            for probe in PROBES:
                with self.subTest(f"{row}{probe}"):
                    probed = self.ask("manager", row, self.stage.mine, query=probe)
                    assert (probed.status_code, _settled(probed)) == (plain.status_code, _settled(plain))

    def test_every_unsafe_browser_request_needs_its_csrf_token(self) -> None:
        for row in ROWS:
            if row.method == "GET" or row.statuses == everyone(404):
                continue
            client = self.stage.client("manager", enforce_csrf_checks=True)
            where = address(row, self.stage.mine)
            with self.subTest(str(row)), undone():
                answer = client.generic(row.method, where, json.dumps(row.body or {}), "application/json")
                assert answer.status_code == 403
                assert b"CSRF" in answer.content
