"""What the routes need around them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from medreview.accounts import views
from medreview.archive import frames_asgi


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> None:
    """A front end to serve, and nobody tried to sign in yet."""
    (tmp_path / "index.html").write_text("<!doctype html><title>MedReview</title>")
    settings.FRONTEND_DIST = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    # A test's open transaction looks like a connection somebody forgot to reset.
    for module in (frames_asgi, views):
        monkeypatch.setattr(module, "close_old_connections", lambda: None)
