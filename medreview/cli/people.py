"""`medreview user …` and `medreview project …`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from medreview.cli.console import emit, readable_errors, setup, stop

user_app = typer.Typer(no_args_is_help=True)
project_app = typer.Typer(no_args_is_help=True)
FROM_HERE = "command line"
Json = Annotated[bool, typer.Option("--json", help="Print one machine-readable result.")]


@user_app.command("add")
def add_user(
    username: str,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
    name: Annotated[str, typer.Option(help="Shown name.")] = "",
    email: Annotated[str, typer.Option(help="Address by which the organisation's sign-in finds this person.")] = "",
    project: Annotated[str, typer.Option(help="Slug of a project to join.")] = "",
    role: Annotated[list[str], typer.Option(help="Role in that project; may be repeated.")] = [],  # noqa: B006
    with_token: Annotated[bool, typer.Option("--token", help="Make an API token too; it is shown once.")] = False,
    as_json: Json = False,
) -> None:
    """Add a person, and give roles in a project."""
    setup()
    from medreview.accounts import services
    from medreview.accounts.models import Project

    with readable_errors():
        joined = Project.objects.filter(slug=project).first()
        if project and joined is None:
            stop(f"there is no project {project!r}")
        user = services.create_user(username=username, password=password, display_name=name, email=email)
        for one in role:
            if joined is not None:
                services.add_member(project=joined, user=user, role=one, actor=None)
        text = services.create_token(user=user, name=FROM_HERE) if with_token else ""
    emit(
        {"id": user.pk, "username": user.username, **({"token": text} if text else {})},
        as_json=as_json,
        text=f"added {user.username}{f', token {text}' if text else ''}",
    )


@user_app.command("token")
def token(
    username: str,
    name: Annotated[str, typer.Option(help="What the token is for.")] = FROM_HERE,
    scope: Annotated[str, typer.Option(help="read, annotate or manage; each includes the ones before it.")] = "manage",
    project: Annotated[str, typer.Option(help="Slug of the only project it shall open.")] = "",
    days: Annotated[int | None, typer.Option(help="How long it lives; for ever without.")] = None,
    as_json: Json = False,
) -> None:
    """Make an API token; it is shown once."""
    setup()
    from medreview.accounts import services
    from medreview.accounts.models import Project, User

    user = User.objects.filter(username=username).first()
    if user is None:
        stop(f"there is no user {username!r}")
    only = Project.objects.filter(slug=project).first()
    if project and only is None:
        stop(f"there is no project {project!r}")
    with readable_errors():
        text = services.create_token(user=user, name=name, scope=scope, project=only, days=days)
    emit({"token": text}, as_json=as_json, text=text)


@project_app.command("create")
def create_project(
    name: str,
    labels: Annotated[Path, typer.Option(help="JSON list of labels: name, kind, and what else differs.")],
    manager: Annotated[str, typer.Option(help="Username of its manager.")] = "",
    salt: Annotated[str, typer.Option(help="Salt of the patient split, to repeat a study; random otherwise.")] = "",
    as_json: Json = False,
) -> None:
    """Make a project with its label set."""
    setup()
    from django.db import transaction

    from medreview.accounts import services
    from medreview.accounts.models import User
    from medreview.labels.services import create_label_set

    user = User.objects.filter(username=manager).first()
    if manager and user is None:
        stop(f"there is no user {manager!r}")
    try:
        given = json.loads(labels.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        stop(f"cannot read the labels of {labels}: {error}")
    with readable_errors(), transaction.atomic():
        project = services.create_project(name=name, actor=user, salt=salt)
        create_label_set(project=project, labels=given, actor=user)
    emit({"id": project.pk, "slug": project.slug}, as_json=as_json, text=f"made project {project.slug}")
