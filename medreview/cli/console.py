"""How commands speak: one line for people, one JSON document with --json, exit status 0 only on success."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def setup() -> None:
    """Start Django; commands that touch the database call this first. Says it of a data directory that is none."""
    import django

    try:
        django.setup()
    except OSError as error:
        stop(f"the data directory cannot be used: {error.strerror}: {error.filename}")


def emit(result: dict[str, Any], *, as_json: bool, text: str) -> None:
    if as_json:
        typer.echo(json.dumps(result, default=str))
    else:
        console.print(text, markup=False, soft_wrap=True)


def stop(message: str, status: int = 1) -> NoReturn:
    """Say why on standard error and end with a status other than 0."""
    errors.print(f"medreview: {message}", markup=False, soft_wrap=True)
    raise typer.Exit(status)


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn the domain's errors into one line and exit status 1."""
    from medreview.core.errors import DomainError

    try:
        yield
    except DomainError as error:
        stop(error.message)
