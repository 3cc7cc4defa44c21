"""The commands, put together."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from medreview.cli import dimse, exporting, learning, people, up
from medreview.cli.importing.command import import_command
from medreview.cli.operations import backup, erase, fsck, restore

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Annotation, review and learning for medical images."
)
app.command("up")(up.up)
app.add_typer(people.user_app, name="user", help="People and their tokens.")
app.command("import")(import_command)
app.command("export")(exporting.export)
app.command("dimse")(dimse.dimse)
app.add_typer(dimse.route_app, name="ae-route", help="Where received AE titles lead.")
app.command("retrain")(learning.retrain)
app.add_typer(learning.models_app, name="models", help="Model versions.")
app.add_typer(people.project_app, name="project", help="Projects.")
app.command("fsck")(fsck.fsck)
app.command("backup")(backup.backup)
app.command("restore")(restore.restore)
app.command("erase-patient")(erase.erase_patient)
app.command("compact")(erase.compact)


@app.command()
def migrate() -> None:
    """Bring the database to this version."""
    from medreview.cli.console import setup

    setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False)


@app.command()
def worker(queues: Annotated[str, typer.Option(help="light, batch or interactive.")]) -> None:
    """Run one worker in the foreground (production)."""
    from medreview.cli.console import stop

    if queues not in ("light", "batch", "interactive"):
        stop(f"--queues must be light, batch or interactive, not {queues!r}")
    _become(up.worker_command(queues), up.worker_environment(queues))


@app.command()
def web(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Run one web process in the foreground (production); start as many as are wanted, behind nginx."""
    _become(up.web_command(host, port), up.web_environment())


def _become(command: list[str], environment: dict[str, str]) -> None:
    """Go on as that program in this very process; what the operator set goes before our defaults."""
    os.execve(command[0], command, {**environment, **os.environ})
