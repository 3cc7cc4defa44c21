"""`medreview up`: the whole system on one machine, in one command."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated

import typer

from medreview.cli import broker
from medreview.cli.console import console, setup, stop
from medreview.cli.supervisor import Part, Supervisor

_READY_SECONDS = 60.0
_DATABASE_CONNECTIONS = 20
_END_SECONDS = 5


def worker_command(queue: str) -> list[str]:
    """The Celery command line of one worker. Light is prefork and runs beat; the ML workers are solo."""
    base = [
        sys.executable, "-m", "celery", "-A", "medreview.config.celery", "worker", "-Q", queue,
        # Several of a kind may run on one machine.
        "-n", f"{queue}-{os.getpid()}@%h",
        "--loglevel", "WARNING", "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    if queue == "light":
        return [*base, "-P", "prefork", "-c", "2", "-B"]
    return [*base, "-P", "solo"]


def web_command(host: str, port: int) -> list[str]:
    return [
        sys.executable, "-m", "granian", "--interface", "asgi", "medreview.config.asgi:application", "--host", host,
        "--port", str(port), "--workers", "1", "--no-ws", "--log-level", "warning",
        # Live pages never end by themselves; whoever they belong to opens them again within seconds.
        "--workers-kill-timeout", str(_END_SECONDS),
    ]  # fmt: skip


def dimse_command(host: str, port: int) -> list[str]:
    return [sys.executable, "-m", "medreview.cli", "dimse", "--host", host, "--port", str(port)]


def up(
    port: Annotated[int, typer.Option(help="Port of the web page.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    data_dir: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path("var"),
    dimse_port: Annotated[
        int | None,
        typer.Option(
            envvar="MEDREVIEW_DIMSE_PORT",
            min=1,
            max=65_535,
            help="Also receive DICOM by C-STORE on this port, at the same address; off without it.",
        ),
    ] = None,
    demo: Annotated[bool, typer.Option(help="Make the demo project on the first run.")] = True,
    demo_patients: Annotated[int, typer.Option(help="Patients of the demo project.", min=10)] = 40,
    demo_ct_slices: Annotated[int, typer.Option(help="Slices of the demo CT; 0 leaves it out.", min=0)] = 300,
) -> None:
    """Start the whole system; Ctrl-C stops all of it."""
    started = time.monotonic()
    os.environ["MEDREVIEW_DATA_DIR"] = str(data_dir.resolve())
    data_dir.mkdir(parents=True, exist_ok=True)
    _refuse_taken_port(host, port, "--port")
    if dimse_port is not None:
        if dimse_port == port:
            stop(f"the web page and the DICOM receiver cannot both have port {port}. Choose another --dimse-port.")
        _refuse_taken_port(host, dimse_port, "--dimse-port")
    setup()
    from django.conf import settings

    supervisor = Supervisor(data_dir.resolve() / "logs", lambda text: console.print(f"  {text}", markup=False))
    try:
        _migrate()
        if "MEDREVIEW_REDIS_URL" not in os.environ:
            supervisor.start(Part("broker", broker.command(settings.BROKER_SOCKET, settings.DATA_DIR / "broker")))
            _wait_for_broker(settings.REDIS_URL)
        if demo:
            _seed_demo(demo_patients, demo_ct_slices)
        for queue in ("light", "batch", "interactive"):
            supervisor.start(Part(queue, worker_command(queue), worker_environment(queue)))
        if dimse_port is not None:
            supervisor.start(Part("dimse", dimse_command(host, dimse_port)))
        supervisor.start(Part("web", web_command(host, port), web_environment(), stop_signal=signal.SIGINT))
        _wait_for_web(host, port)
        if dimse_port is not None:
            _wait_for_dimse(host, dimse_port)
        _announce(host, port, time.monotonic() - started)
        if dimse_port is not None:
            _announce_dimse(host, dimse_port)
        console.print("  Research use only, not a medical device. Ctrl-C stops everything.\n")
        supervisor.run()
    except KeyboardInterrupt:
        console.print("  stopping")
    finally:
        supervisor.stop()
    console.print("  everything has stopped")


def web_environment() -> dict[str, str]:
    """A server process ends with its master, and shares a bounded pool of connections to PostgreSQL among requests."""
    connections = os.environ.get("MEDREVIEW_DATABASE_CONNECTIONS", str(_DATABASE_CONNECTIONS))
    return {"MEDREVIEW_STOP_WITH_PARENT": "1", "MEDREVIEW_DATABASE_CONNECTIONS": connections}


def worker_environment(queue: str) -> dict[str, str]:
    """The light worker's numpy must not fight the training for cores. Threads that wait must sleep, not spin: measured
    on two busy cores, a training step with spinning threads took 3 s instead of 0.04 s.
    """
    return {"OMP_NUM_THREADS": "1"} if queue == "light" else {"OMP_WAIT_POLICY": "PASSIVE"}


def _refuse_taken_port(host: str, port: int, option: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            stop(f"cannot listen on {host}:{port} ({error.strerror}). Choose another with {option}.")


def _migrate() -> None:
    from django.core.management import call_command

    from medreview.core import disk

    with console.status("  preparing the database"):
        call_command("migrate", verbosity=0, interactive=False)
        disk.keep_reserve()


def _seed_demo(patients: int, ct_slices: int) -> None:
    from medreview.demo.seed import seed_demo

    seed_demo(console, patients=patients, ct_slices=ct_slices)


def _wait_for_broker(url: str) -> None:
    import redis

    client = redis.Redis.from_url(url)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            client.ping()
        except redis.RedisError:
            time.sleep(0.05)
        else:
            return
    stop("the broker did not start; see broker.log in the data directory's logs folder")


def _wait_for_web(host: str, port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    with console.status("  starting the web server"):
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://{host}:{port}/readyz", timeout=2):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
    stop("the web server did not become ready; see web.log in the data directory's logs folder")


def _announce(host: str, port: int, seconds: float) -> None:
    from medreview.demo.people import demo_people

    console.print(f"\n  MedReview is ready at [bold]http://{host}:{port}[/bold]  (up in {seconds:.0f} s)")
    people = demo_people()
    if people:
        console.print("  Demo users (password in brackets):")
        for person in people:
            console.print(f"    {person['username']:<10} ({person['password']})  {person['role']}", markup=False)


def _wait_for_dimse(host: str, port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    with console.status("  starting the DICOM receiver"):
        while time.monotonic() < deadline:
            try:
                socket.create_connection((host, port), timeout=2).close()
            except OSError:
                time.sleep(0.2)
            else:
                return
    stop("the DICOM receiver did not become ready; see dimse.log in the data directory's logs folder")


def _announce_dimse(host: str, port: int) -> None:
    from medreview.archive.dimse import AE_TITLE
    from medreview.archive.models import AeRoute

    console.print(f"  DICOM by C-STORE: AE title {AE_TITLE}, host {host}, port {port}", markup=False)
    for route in AeRoute.objects.select_related("project").order_by("ae_title"):
        console.print(f"    called {route.ae_title:<16} goes to {route.project.slug}", markup=False)
    console.print("    any other called title goes to the managers' inbox (medreview ae-route add)", markup=False)
