"""`medreview dimse` and `medreview ae-route …`: the DIMSE door and where it leads."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from medreview.cli.console import console, emit, readable_errors, setup, stop

route_app = typer.Typer(no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print one machine-readable result.")]
_SWEEP_SECONDS = 60.0


def dimse(
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65_535)] = 11_112,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Receive DICOM by C-STORE until Ctrl-C. The called AE title leads to a project, else to the inbox."""
    setup()
    from medreview.archive.dimse.server import Receiver, take_in_left_over
    from medreview.core.machine import DICOM_DOOR
    from medreview.core.workers import Announcement

    receiver = Receiver(host, port)
    try:
        receiver.start()
    except OSError as error:
        stop(f"cannot listen on {host}:{port} ({error.strerror}). Choose another with --port.")
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: over.set())
    console.print(f"  receiving DICOM at {host}:{receiver.port}", markup=False)
    announcement = Announcement([DICOM_DOOR], port=receiver.port).start()
    try:
        while True:
            take_in_left_over()
            if over.wait(_SWEEP_SECONDS):
                break
    finally:
        announcement.stop()
        receiver.stop()


@route_app.command("add")
def add_route(
    ae_title: str,
    project: Annotated[str, typer.Option(help="Slug of the project.")],
    calling: Annotated[list[str], typer.Option(help="Calling AE title that may send; may be repeated.")] = [],  # noqa: B006
    address: Annotated[list[str], typer.Option(help="Address or network that may send; may be repeated.")] = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Send what comes to an AE title to a project."""
    setup()
    from medreview.accounts.models import Project
    from medreview.archive.services.doors import create_ae_route

    found = Project.objects.filter(slug=project).first()
    if found is None:
        stop(f"there is no project {project!r}")
    with readable_errors():
        route = create_ae_route(
            project=found, actor=None, ae_title=ae_title, calling_ae_titles=calling, peer_addresses=address
        )
    emit({"id": route.pk, "ae_title": route.ae_title}, as_json=as_json, text=f"{route.ae_title} goes to {project}")


@route_app.command("list")
def list_routes(as_json: Json = False) -> None:
    """All routes."""
    setup()
    from medreview.archive.models import AeRoute

    rows = [
        {
            "ae_title": route.ae_title,
            "project": route.project.slug,
            "calling_ae_titles": route.calling_ae_titles,
            "peer_addresses": route.peer_addresses,
        }
        for route in AeRoute.objects.select_related("project").order_by("ae_title")
    ]
    lines = [f"{row['ae_title']:<16} {row['project']}" for row in rows]
    emit({"routes": rows}, as_json=as_json, text="\n".join(lines) or "no routes: everything goes to the inbox")


@route_app.command("remove")
def remove_route(ae_title: str, as_json: Json = False) -> None:
    """Forget a route; what comes to its title goes to the inbox from then on."""
    setup()
    from medreview.archive.models import AeRoute
    from medreview.archive.services.doors import delete_ae_route

    route = AeRoute.objects.filter(ae_title=ae_title).first()
    if route is None:
        stop(f"there is no route for {ae_title!r}")
    delete_ae_route(route=route, actor=None)
    emit({"ae_title": ae_title}, as_json=as_json, text=f"removed the route of {ae_title}")
