"""Logs are lines or JSON with the ids of request and job, and never hold what a file says about a patient."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from django.test import Client

from medreview.core import jobs, logs
from medreview.core.errors import Invalid
from medreview.core.models import Job
from medreview.core.tasks import run_job
from tests import phantoms
from tests.factories import make_world
from tests.medreview.operations.conftest import environment, program

ROOT = Path(__file__).resolve().parents[3]
TOKENS = (
    "QQPATIENTNAME",
    "QQPATIENTID",
    "QQACCESSION",
    "QQCOMMENT",
    "QQREFERRER",
    "QQFILENAME",
    "QQBADDATE",
    "QQBADUID",
)


@pytest.fixture(params=["json", "line"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def written(form: str) -> Iterator[io.StringIO]:
    """What a handler with the product's formatter writes."""
    yield from _handler(form)


@pytest.fixture
def as_json() -> Iterator[io.StringIO]:
    yield from _handler("json")


def _handler(form: str, *, with_values: bool = False) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.SafeFormatter(form=form, with_values=with_values))
    root, access = logging.getLogger(), logs.access_log
    level, before = root.level, access.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    access.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)
    access.setLevel(before)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.django_db
def test_a_request_gets_an_id_that_is_answered_and_logged(as_json: io.StringIO) -> None:
    answer = Client().get("/healthz")
    (line,) = [one for one in lines(as_json) if one["logger"] == "medreview.access"]
    assert answer["X-Request-ID"] == line["request_id"]
    assert (line["route"], line["status"], line["method"]) == ("healthz", 200, "GET")
    assert line["milliseconds"] >= 0
    assert Client().get("/healthz")["X-Request-ID"] != answer["X-Request-ID"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("trace-0123456789", True),
        ("short", False),
        ("x" * 65, False),
        ("bad id with spaces", False),
        ("új-azonosító", False),
    ],
)
def test_a_well_formed_id_from_outside_is_kept(given: str, is_kept: bool) -> None:
    answered = Client().get("/healthz", HTTP_X_REQUEST_ID=given)["X-Request-ID"]
    assert (answered == given) is is_kept


@pytest.mark.django_db
def test_a_path_is_logged_as_its_route(as_json: io.StringIO) -> None:
    world = make_world()
    world.client("alice").get(f"/dicomweb/{world.project.slug}/studies/1.2.3.4711/series?PatientName=QQPATIENTNAME")
    world.client("alice").get("/api/v1/no-such/QQPATIENTID")
    text = as_json.getvalue()
    assert "4711" not in text
    assert not [token for token in TOKENS if token in text]
    assert any("studies/<str:study_uid>" in one.get("route", "") for one in lines(as_json))


@pytest.mark.django_db
def test_what_django_tells_of_a_request_has_its_id_too(as_json: io.StringIO) -> None:
    logging.getLogger("django.request").setLevel(logging.WARNING)
    try:
        answer = Client().get("/api/v1/no-such-thing")
    finally:
        logging.getLogger("django.request").setLevel(logging.ERROR)
    (line,) = [one for one in lines(as_json) if one["logger"] == "django.request"]
    assert line["request_id"] == answer["X-Request-ID"]
    assert "no-such-thing" not in line["event"]


def test_an_exception_is_its_type_and_place(written: io.StringIO) -> None:
    try:
        int("QQPATIENTID")
    except ValueError as error:
        logging.getLogger("medreview.x").exception("job %s failed", 7)
        logging.getLogger("medreview.x").warning("not published: %s", error)
        logging.getLogger("somebody.else").error("cannot: %s", Invalid("QQPATIENTNAME is no name"))
    text = written.getvalue()
    assert not [token for token in TOKENS if token in text]
    assert "job 7 failed" in text
    assert "ValueError" in text
    assert "Invalid" in text
    assert f"{Path(__file__).name}:" in text


def test_the_systems_words_for_an_error_are_kept(written: io.StringIO) -> None:
    logging.getLogger("medreview.x").warning("not stored: %s", OSError(28, "No space left on device", "/QQFILENAME"))
    assert "No space left on device" in written.getvalue()
    assert "QQFILENAME" not in written.getvalue()


def test_a_warning_is_its_category_and_place(written: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        try:
            warnings.warn("Invalid value for VR DA: 'QQBADDATE'", UserWarning, stacklevel=1)
        finally:
            logging.captureWarnings(False)
    assert "UserWarning" in written.getvalue()
    assert "QQBADDATE" not in written.getvalue()


def test_values_are_written_where_they_are_asked_for() -> None:
    stream = next(handler := _handler("json", with_values=True))
    try:
        int("QQPATIENTID")
    except ValueError:
        logging.getLogger("medreview.x").exception("failed")
    handler.close()
    assert "QQPATIENTID" in stream.getvalue()


ODD = [
    ("100 % of %s", ("it",), "100 % of %s"),
    ("%s and %s", ("one",), "%s and %s"),
    ("a\nb\x00c", (), "a"),
    ({"not": "text"}, (), "not"),
    ("%(name)s", ({"name": "mapped"},), "mapped"),
    ("%(name)s", ({"other": "QQPATIENTID"},), "%(name)s"),
    ("Task %(name)s: %(exc)s", ({"name": "poll", "exc": "ValueError('QQPATIENTNAME')"},), "Task poll: -"),
]


@pytest.mark.parametrize(("message", "values", "shown"), ODD, ids=str)
def test_odd_messages_are_written_and_leak_no_values(form: str, message: Any, values: Any, shown: str) -> None:
    record = logging.LogRecord("other", logging.WARNING, "f.py", 1, message, values, None)
    text = logs.SafeFormatter(form=form, with_values=False).format(record)
    assert shown in text
    assert not [token for token in TOKENS if token in text]


@pytest.mark.django_db
def test_every_line_of_a_job_has_its_id(as_json: io.StringIO) -> None:
    @jobs.handles("test.log", queue="light", event="job")
    def _handle(context: jobs.JobContext) -> None:
        logging.getLogger("medreview.x").info("at work")
        raise RuntimeError("QQPATIENTNAME")

    try:
        job = jobs.enqueue("test.log", queue="light", target_id=1, max_attempts=1)
        run_job(job.pk)
        logging.getLogger("medreview.x").info("elsewhere")
    finally:
        del jobs.KINDS["test.log"]
    found = {one["event"]: one for one in lines(as_json)}
    assert found["at work"]["job_id"] == job.pk
    assert found[f"job {job.pk} (test.log) failed"]["error"] == "RuntimeError"
    assert "job_id" not in found["elsewhere"]
    assert "QQPATIENTNAME" not in as_json.getvalue()
    assert "QQPATIENTNAME" in Job.objects.get(pk=job.pk).error, "the text is with the job's row"


def write_phantom(folder: Path) -> Path:
    """A series full of unique words, some where pydicom complains about them, and a file that is no DICOM."""
    phantom = phantoms.write_mr_series(
        folder / "QQFILENAME", patient_id="QQPATIENTID-1", patient_name="QQPATIENTNAME^X",
        extra={"AccessionNumber": "QQACCESSION", "PatientComments": "QQCOMMENT",
               "ReferringPhysicianName": "QQREFERRER"},
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bad = pydicom.dcmread(phantom.files[0])
        bad.PatientBirthDate = "QQBADDATE"
        bad.PatientAge = "QQBADDATEAGE"
        bad.save_as(folder / "QQFILENAME" / "bad-date.dcm")
        worse = pydicom.dcmread(phantom.files[1])
        worse.SOPInstanceUID = worse.file_meta.MediaStorageSOPInstanceUID = "QQBADUID.not.a.uid"
        worse.SliceThickness = None
        worse.save_as(folder / "QQFILENAME" / "bad-uid.dcm")
    (folder / "QQFILENAME" / "QQFILENAME.dcm").write_bytes(b"\x00" * 128 + b"DICMQQPATIENTNAME")
    (folder / "QQFILENAME" / "QQFILENAME.zip").write_bytes(b"PK\x03\x04 QQPATIENTNAME")
    return folder / "QQFILENAME"


def test_an_import_of_a_patient_leaves_no_word_of_hers_in_the_logs(tmp_path: Path) -> None:
    """The program as workers run it, at the most talkative level, in both formats; its outputs are all that is kept."""
    folder = write_phantom(tmp_path)
    data = tmp_path / "data"
    labels = tmp_path / "labels.json"
    labels.write_text('[{"name": "Lesion", "kind": "segment"}]')
    given = environment(data, MEDREVIEW_LOG_LEVEL="DEBUG", MEDREVIEW_LOG_FORMAT="json", PYTHONWARNINGS="always")
    assert program("migrate", env=given).returncode == 0
    assert program("project", "create", "Logs", "--labels", str(labels), env=given).returncode == 0
    script = (
        "import django, sys; django.setup()\n"
        "from pathlib import Path\n"
        "from medreview.accounts.models import Project\n"
        "from medreview.archive.models import Instance\n"
        "from medreview.archive.services import import_paths\n"
        "from medreview.archive.volume import read_volume\n"
        "from medreview.archive.models import Grid\n"
        "import_paths(project=Project.objects.get(), actor=None, paths=[Path(sys.argv[1])])\n"
        "[read_volume(grid) for grid in Grid.objects.all()]\n"
        "from django.test import Client\n"
        "Client(raise_request_exception=False).get('/dicomweb/logs/studies?PatientName=QQPATIENTNAME', \n"
        "    HTTP_HOST='localhost')\n"
        "import logging; logging.getLogger('medreview').info('taken in %s', Instance.objects.count())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, timeout=300, cwd=ROOT,
        env={**given, "DJANGO_SETTINGS_MODULE": "medreview.config.settings"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = [json.loads(line) for line in done.stderr.splitlines()]
    assert any(line["event"].startswith("taken in ") and line["event"] != "taken in 0" for line in found)
    assert [token for token in TOKENS if token in done.stderr + done.stdout] == []


def test_the_program_writes_one_json_object_per_line(tmp_path: Path) -> None:
    script = "import django; django.setup(); import logging; logging.getLogger('medreview').warning('hello\\nthere')"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, cwd=ROOT,
        env={
            **environment(tmp_path, MEDREVIEW_LOG_FORMAT="json"),
            "DJANGO_SETTINGS_MODULE": "medreview.config.settings",
        },
    )  # fmt: skip
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["event"] == "hello\nthere"
