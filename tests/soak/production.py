"""The production shape, as docs/deployment.md builds it without Docker: PostgreSQL and Redis with passwords, nginx with
TLS, two web processes, light, two batch and an interactive worker, the DICOM receiver. Commands and settings are taken
from `deploy/`; only places and ports differ, so that it runs in a scratch folder beside other things."""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psycopg

from tests.loop.system import System, free_port

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
# What TimeoutStopSec of the units allows.
STOP_SECONDS = 15.0
# What Debian's nginx.conf has around the files of conf.d.
_NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr crit;
worker_processes auto;
events {{ worker_connections 768; }}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/medreview.conf;
    include {folder}/upstream-host.conf;
}}
"""


def postgresql_programs() -> Path | None:
    """The folder of initdb and pg_ctl: from PATH, else Debian's newest."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def missing_programs() -> list[str]:
    """What has to be installed before this shape can be brought up."""
    lacking = [name for name in ("nginx", "redis-server", "openssl") if _find(name) is None]
    return [*lacking, *(["postgresql"] if postgresql_programs() is None else [])]


def _find(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return []
    shutil.chown(folder, "postgres")
    return ["runuser", "-u", pwd.getpwnam("postgres").pw_name, "--"]


def exec_start(unit: str, instance: str = "") -> list[str]:
    """The command of a unit in deploy/systemd, run from this checkout."""
    text = (DEPLOY / "systemd" / unit).read_text(encoding="utf-8")
    (line,) = re.findall(r"(?m)^ExecStart=(.*)$", text)
    program, *arguments = shlex.split(line.replace("%i", instance))
    if program != "/opt/medreview/.venv/bin/medreview":
        raise ValueError(f"{unit} starts {program}")
    return [sys.executable, "-m", "medreview.cli", *arguments]


class Production(System):
    """`start` brings everything up, `stop` ends it; `services` are its processes by the name of their unit."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "data")
        self.folder = folder
        self.services: dict[str, subprocess.Popen[bytes]] = {}
        self.commands: list[str] = []
        names = ("https", "http", "web1", "web2", "postgresql", "redis", "dimse")
        self.ports = {name: free_port() for name in names}
        self.passwords = {name: secrets.token_urlsafe(24) for name in ("postgresql", "admin", "redis", "metrics")}
        self.url = f"https://localhost:{self.ports['https']}"
        self.certificate = folder / "certificates" / "fullchain.pem"
        self._programs = postgresql_programs() or Path()
        self._as: list[str] = []
        # Not below `folder`, which another user cannot enter.
        self._cluster = Path(tempfile.mkdtemp(prefix="medreview-postgresql-"))

    # What the base class starts tests with: another database, another way to start.
    @property
    def database_url(self) -> str:
        return f"postgres://medreview:{self.passwords['postgresql']}@127.0.0.1:{self.ports['postgresql']}/medreview"

    @property
    def settings(self) -> dict[str, str]:
        """deploy/example.env, with its part for machines without Docker, filled in."""
        text = (DEPLOY / "example.env").read_text(encoding="utf-8")
        fill = {
            "MEDREVIEW_SECRET_KEY": self._secret_key,
            "MEDREVIEW_ALLOWED_HOSTS": "localhost",
            "MEDREVIEW_TRUSTED_ORIGINS": self.url,
            "MEDREVIEW_DATA_DIR": str(self.data_dir),
            "DATABASE_URL": self.database_url,
            "MEDREVIEW_REDIS_URL": f"redis://:{self.passwords['redis']}@127.0.0.1:{self.ports['redis']}/0",
            "MEDREVIEW_METRICS_TOKEN": self.passwords["metrics"],
            "MEDREVIEW_MIN_FREE_MB": "1024",
        }
        given = dict(re.findall(r"(?m)^([A-Z_]+)=(.+)$", text))
        by_hand = text.partition("# --- Without Docker")[2].partition("\n# --- ")[0]
        return {**given, **dict(re.findall(r"(?m)^#([A-Z_]+)=(.*)$", by_hand)), **fill}

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: os.environ[k] for k in ("PATH", "HOME", "LANG", "OMP_NUM_THREADS") if k in os.environ}
        return {**kept, "PATH": f"{self._programs}:{kept['PATH']}", "PYTHONPATH": str(ROOT), **self.settings}

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data_dir.mkdir()
        (self.folder / "logs").mkdir()
        self._secret_key = secrets.token_urlsafe(48)
        self.start_postgresql()
        self._make_database()
        self.start_redis()
        self._run([sys.executable, "-m", "medreview.cli", "migrate"])
        for unit, instance in (
            ("medreview-web@", "web1"), ("medreview-web@", "web2"), ("medreview-light", ""),
            ("medreview-light", "-of-another-host"), ("medreview-batch@", "1"), ("medreview-batch@", "2"),
            ("medreview-interactive", ""), ("medreview-dimse", ""),
        ):  # fmt: skip
            self.start_service(unit, instance)
        self._make_certificate()
        self._start_nginx()
        self.wait_ready()

    def start_service(self, unit: str, instance: str = "") -> None:
        """Start one unit; an instance of the web unit is the name of its port here."""
        command = exec_start(f"{unit}.service", str(self.ports.get(instance, instance)))
        command = [part if part != "11112" else str(self.ports["dimse"]) for part in command]
        self._spawn(unit + instance, command, self.environment)

    def wait_ready(self, seconds: float = 60.0) -> float:
        """Wait until both web processes answer through nginx; returns how long it took."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            try:
                if all(self._is_ready(f"web{n}") for n in (1, 2)) and self.get("/readyz").status_code == 200:
                    return time.monotonic() - started
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        raise RuntimeError(f"the system did not start:\n{self.logs()}")

    def _is_ready(self, web: str) -> bool:
        return httpx.get(f"http://127.0.0.1:{self.ports[web]}/readyz", headers={"Host": "localhost"}).status_code == 200

    def get(self, path: str, **given: object) -> httpx.Response:
        return httpx.get(self.url + path, verify=self.tls(), timeout=30, **given)  # type: ignore[arg-type]

    def tls(self) -> ssl.SSLContext:
        """Believes this installation's own certificate and no other."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def stop_service(self, name: str, number: signal.Signals = signal.SIGTERM) -> float:
        """End one process as systemd does; returns how long it took."""
        process, started = self.services.pop(name), time.monotonic()
        process.send_signal(number)
        process.wait(STOP_SECONDS + 30)
        return time.monotonic() - started

    def stop(self) -> int:
        """End everything; returns how many processes did not end in the time that systemd gives them."""
        late = 0
        order = [*[n for n in self.services if n.startswith("medreview")], "nginx", "redis"]
        for name in [name for name in order if name in self.services]:
            process, started = self.services[name], time.monotonic()
            try:
                took = self.stop_service(name)
            except subprocess.TimeoutExpired:
                process.kill()
                took = time.monotonic() - started
            if took > STOP_SECONDS:
                late += 1
                print(f"  {name} took {took:.0f} s to end:\n{self.log(name).read_text()[-3000:]}", flush=True)
        self.stop_postgresql()
        shutil.rmtree(self._cluster)
        return late

    def start_postgresql(self) -> None:
        """Make the cluster where it is not there yet, and start it."""
        place = self._cluster
        if not any(place.iterdir()):
            self._as = _unprivileged(place)
            secret = place / "password"
            secret.write_text(self.passwords["admin"])
            if self._as:
                shutil.chown(secret, "postgres")
            self._pg("initdb", "-D", str(place / "data"), "-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8",
                     "--pwfile", str(secret))  # fmt: skip
        options = f"-p {self.ports['postgresql']} -k {place} -c listen_addresses=127.0.0.1"
        self._pg("pg_ctl", "-D", str(place / "data"), "-l", str(place / "log"), "-w", "-o", options, "start")

    def postgresql_log(self) -> str:
        return (self._cluster / "log").read_text(errors="replace")

    def stop_postgresql(self) -> None:
        self._pg("pg_ctl", "-D", str(self._cluster / "data"), "-m", "fast", "-w", "stop")

    def _note(self, command: list[str], *, goes_on: bool = False) -> None:
        """Remember a command as a reader of the documentation would type it: no passwords, no scratch folders."""
        text = shlex.join(command).replace(f"{sys.executable} -m medreview.cli", "medreview")
        for place, name in ((self.folder, "SCRATCH"), (self._cluster, "CLUSTER"), (self._programs, "BIN")):
            text = text.replace(str(place), name)
        for password in self.passwords.values():
            text = text.replace(password, "PASSWORD")
        self.commands.append(f"{text} &" if goes_on else text)

    def _pg(self, program: str, *arguments: str) -> None:
        self._note([*self._as, program, *arguments])
        subprocess.run([*self._as, str(self._programs / program), *arguments], check=True, cwd="/",
                       stdout=subprocess.DEVNULL)  # fmt: skip

    def admin(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection as the database's administrator."""
        return psycopg.connect(
            host="127.0.0.1", port=self.ports["postgresql"], user="postgres", password=self.passwords["admin"],
            dbname="postgres", autocommit=True,
        )  # fmt: skip

    def _make_database(self) -> None:
        with self.admin() as admin:
            admin.execute(f"CREATE ROLE medreview LOGIN PASSWORD '{self.passwords['postgresql']}'".encode())
            admin.execute("CREATE DATABASE medreview OWNER medreview ENCODING 'UTF8' TEMPLATE template0")
            admin.execute("ALTER ROLE medreview SET log_error_verbosity = terse")
            admin.execute("ALTER ROLE medreview SET log_min_error_statement = panic")

    def start_redis(self) -> None:
        place = self.folder / "redis"
        place.mkdir(exist_ok=True)
        port, password = str(self.ports["redis"]), self.passwords["redis"]
        self._spawn("redis", ["redis-server", "--bind", "127.0.0.1", "--port", port, "--requirepass", password,
                              "--appendonly", "yes", "--dir", str(place)], dict(os.environ))  # fmt: skip

    def _make_certificate(self) -> None:
        """The self-made certificate of docs/deployment.md, for localhost."""
        self.certificate.parent.mkdir()
        key = self.certificate.with_name("privkey.pem")
        self._run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365",
                   "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                   "-keyout", str(key), "-out", str(self.certificate)])  # fmt: skip

    def _start_nginx(self) -> None:
        place = self.folder / "nginx"
        place.mkdir()
        changes = {
            "listen 80;": f"listen {self.ports['http']};",
            "listen [::]:80;": "",
            "listen 443 ": f"listen {self.ports['https']} ",
            "listen [::]:443 ssl http2;": "",
            "/etc/nginx/certificates": str(self.certificate.parent),
            "127.0.0.1:8001": f"127.0.0.1:{self.ports['web1']}",
            "127.0.0.1:8002": f"127.0.0.1:{self.ports['web2']}",
        }
        for name in ("medreview.conf", "upstream-host.conf"):
            text = (DEPLOY / "nginx" / name).read_text(encoding="utf-8")
            for before, after in changes.items():
                text = text.replace(before, after)
            (place / name).write_text(text)
        (place / "nginx.conf").write_text(_NGINX.format(folder=place))
        nginx = _find("nginx") or "nginx"
        self._run([nginx, "-t", "-q", "-p", str(place), "-c", str(place / "nginx.conf")])
        self._spawn("nginx", [nginx, "-p", str(place), "-c", str(place / "nginx.conf")], dict(os.environ))

    def _run(self, command: list[str]) -> None:
        self._note(command)
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")

    def _spawn(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self._note(command, goes_on=True)
        with self.log(name).open("ab") as log:
            self.services[name] = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder,
                start_new_session=True,
            )  # fmt: skip

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def logs(self) -> str:
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-2500:]}"
                         for path in sorted((self.folder / "logs").iterdir()))  # fmt: skip
