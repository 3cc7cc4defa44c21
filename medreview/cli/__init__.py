"""The `medreview` program: everything a person or a script can do from a shell."""

from __future__ import annotations

import os


def main() -> None:
    """Entry point of the installed program."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medreview.config.settings")
    from medreview.cli.app import app

    app()
