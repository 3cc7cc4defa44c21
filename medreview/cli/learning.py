"""`medreview retrain` and `medreview models …`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from medreview.cli.console import console, emit, readable_errors, setup, stop

if TYPE_CHECKING:
    from medreview.accounts.models import Project, User
    from medreview.learning.models import TrainingRun
    from medreview.registry.models import ModelVersion

models_app = typer.Typer(no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print one machine-readable result.")]
ProjectSlug = Annotated[str, typer.Option("--project", help="Slug of the project.")]
By = Annotated[str, typer.Option("--by", help="Username in whose name this is done; a manager of the project.")]


def retrain(
    project: ProjectSlug,
    by: By,
    network: Annotated[str, typer.Option(help="Network, or auto.")] = "auto",
    task: Annotated[str, typer.Option(help="segmentation or detection, where the project has both.")] = "",
    seconds: Annotated[float | None, typer.Option(help="Time for training.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end.")] = False,
    as_json: Json = False,
) -> None:
    """Train on what is approved. The workers of a running installation do it."""
    setup()
    from medreview.learning.services.training import request_retrain

    found, actor = _manager(project, by)
    with readable_errors():
        run, _ = request_retrain(project=found, actor=actor, network=network, task=task, seconds_budget=seconds)
    if wait:
        run = _wait(run)
    result = {"id": run.pk, "number": run.number, "state": run.state, "error": run.error}
    emit(result, as_json=as_json, text=f"training {run.number} {run.state} {run.error}".rstrip())
    if run.state in ("failed", "canceled"):
        raise typer.Exit(1)


def _wait(run: TrainingRun) -> TrainingRun:
    from medreview.learning import states

    with console.status("training"):
        while run.state in states.OPEN_STATES:
            time.sleep(1)
            run.refresh_from_db()
    return run


@models_app.command("list")
def list_models(project: ProjectSlug, as_json: Json = False) -> None:
    """All model versions of a project, newest first."""
    setup()
    from medreview.registry import selectors

    rows = [
        {"version": m.version, "task": m.task, "network": m.network, "state": m.state, "metric": m.metric}
        for m in selectors.list_models(_project(project))
    ]
    lines = [f"v{r['version']}  {r['state']:<9} {r['task']:<12} {r['network']:<14} {r['metric']}" for r in rows]
    emit({"models": rows}, as_json=as_json, text="\n".join(lines) or "no model yet")


@models_app.command("promote")
def promote(version: int, project: ProjectSlug, by: By, reason: str = "", as_json: Json = False) -> None:
    """Let a candidate serve."""
    setup()
    from medreview.learning.services.promotion import promote_model

    model, actor, roles = _model(version, project, by)
    with readable_errors():
        promote_model(model=model, actor=actor, roles=roles, reason=reason)
    emit({"version": version, "state": "active"}, as_json=as_json, text=f"v{version} is active")


@models_app.command("rollback")
def rollback(project: ProjectSlug, by: By, task: str = "segmentation", reason: str = "", as_json: Json = False) -> None:
    """Return from the active model to the one before it."""
    setup()
    from medreview.learning.services.promotion import roll_back
    from medreview.registry.selectors import active_model

    active = active_model(_project(project), task)
    if active is None:
        stop(f"project {project!r} has no active model for {task}")
    model, actor, roles = _model(active.version, project, by)
    with readable_errors():
        done = roll_back(model=model, actor=actor, roles=roles, reason=reason)
    version = done.reinstated.version if done.reinstated else None
    result = {
        "retired": model.version,
        "active": version,
        "withdrawn": done.withdrawn,
        "second_look": len(done.second_look),
    }
    emit(result, as_json=as_json, text=f"v{model.version} is retired, v{version} is active")


def _project(slug: str) -> Project:
    from medreview.accounts.models import Project

    found = Project.objects.filter(slug=slug).first()
    if found is None:
        stop(f"there is no project {slug!r}")
    return found


def _manager(slug: str, username: str) -> tuple[Project, User]:
    from medreview.accounts.models import User
    from medreview.accounts.selectors import roles_of

    project = _project(slug)
    user = User.objects.filter(username=username).first()
    if user is None or "manager" not in roles_of(user, project):
        stop(f"{username!r} is not a manager of {slug!r}")
    return project, user


def _model(version: int, slug: str, username: str) -> tuple[ModelVersion, User, frozenset[str]]:
    from medreview.accounts.selectors import roles_of
    from medreview.registry.models import ModelVersion

    project, user = _manager(slug, username)
    model = ModelVersion.objects.filter(project=project, version=version).select_related("project").first()
    if model is None:
        stop(f"project {slug!r} has no model v{version}")
    return model, user, roles_of(user, project)
