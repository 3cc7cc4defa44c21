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


def up(
    port: Annotated[int, typer.Option(help="Port of the web page.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    data_dir: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path("var"),
    demo: Annotated[bool, typer.Option(help="Make the demo project on the first run.")] = True,
    demo_patients: Annotated[int, typer.Option(help="Patients of the demo project.", min=10)] = 40,
    demo_ct_slices: Annotated[int, typer.Option(help="Slices of the demo CT; 0 leaves it out.", min=0)] = 300,
) -> None:
    """Start the whole system; Ctrl-C stops all of it."""
    started = time.monotonic()
    os.environ["MEDREVIEW_DATA_DIR"] = str(data_dir.resolve())
    data_dir.mkdir(parents=True, exist_ok=True)
    _refuse_taken_port(host, port)
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
        supervisor.start(Part("web", web_command(host, port), web_environment(), stop_signal=signal.SIGINT))
        _wait_for_web(host, port)
        _announce(host, port, time.monotonic() - started)
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


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            stop(f"cannot listen on {host}:{port} ({error.strerror}). Choose another with --port.")


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
    console.print("  Research use only, not a medical device. Ctrl-C stops everything.\n")
