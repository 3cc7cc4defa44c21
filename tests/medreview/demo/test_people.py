"""The sign-in page of a demo installation shows its people, to everybody; no other installation has any."""

from __future__ import annotations

import json
from pathlib import Path

from django.test import Client

from medreview.demo.people import PASSWORD, PEOPLE


def test_only_a_demo_names_its_people(settings, tmp_path: Path) -> None:
    settings.DEMO_USERS_FILE = tmp_path / "demo_users.json"
    assert Client().get("/api/v1/demo").json()["error"]["code"] == "not_found"
    shown = [
        {"username": username, "password": PASSWORD, "role": role, "display_name": name, "does": does}
        for username, name, role, does in PEOPLE
    ]
    settings.DEMO_USERS_FILE.write_text(json.dumps(shown))
    assert Client().get("/api/v1/demo").json() == {"users": shown}
    settings.PRODUCTION = True
    assert Client().get("/api/v1/demo").status_code == 404
