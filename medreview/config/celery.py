"""The entry point of the workers: `celery -A medreview.config.celery worker`."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medreview.config.settings")

import django

django.setup()

from medreview.core.queue import app  # noqa: E402

__all__ = ["app"]
