"""Two projects with one object of every kind each, and the seven personas who try every door of the first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from http.cookies import SimpleCookie
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.utils import timezone

from medreview.accounts.models import ApiToken, Membership, Project, User
from medreview.accounts.services import create_token
from medreview.archive.models import AeRoute, Import, InboxInstance, Instance, Quarantined, Series
from medreview.archive.parsing.refusal import RELEASABLE_RULES
from medreview.core import blobs
from medreview.core.models import Job
from medreview.labels.models import Label
from medreview.learning.models import TrainingRun
from medreview.reading.models import Comment, Export, Reading
from tests.factories import grid_of, make_case, make_label_set, make_user, make_world, uid
from tests.medreview.learning.factories import make_model

PERSONAS = ("anonymous", "outsider", "annotator", "reviewer", "adjudicator", "manager", "superuser")
ABSENT = {"int": 2_000_000_000, "slug": "nowhere", "str": "1.2.3.4.5"}
INBOX_STUDY = "1.2.3.9.9"
FRAME = b"\x01\x02" * 120
HEADER = {
    tag: {"vr": vr, "Value": [value]}
    for tag, vr, value in (
        ("00280002", "US", 1), ("00280004", "CS", "MONOCHROME2"), ("00280010", "US", 12), ("00280011", "US", 10),
        ("00280100", "US", 16), ("00280101", "US", 16), ("00280102", "US", 15), ("00280103", "US", 0),
    )
}  # fmt: skip
Objects = dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """`mine` and `foreign` name an object of each project for every URL parameter; `cookies` holds a live session."""

    people: dict[str, User]
    cookies: dict[str, str]
    mine: Objects
    foreign: Objects

    def client(self, persona: str, *, enforce_csrf_checks: bool = False) -> Client:
        """A fresh browser with the persona's session."""
        client = _client(enforce_csrf_checks)
        client.cookies = SimpleCookie()
        if persona in self.cookies:
            client.cookies["sessionid"] = self.cookies[persona]
        return client


@cache
def _client(enforce_csrf_checks: bool) -> Client:
    """Kept, because building the middleware looks at every static file; the cookies are what makes a browser fresh."""
    return Client(enforce_csrf_checks=enforce_csrf_checks, raise_request_exception=False)


def set_stage() -> Stage:
    world = make_world()
    elsewhere = Membership.objects.filter(user=world.mallory).first().project
    people = {
        "outsider": world.mallory, "annotator": world.alice, "reviewer": world.bob,
        "adjudicator": make_user("ada"), "manager": world.mona, "superuser": make_user("root", is_superuser=True),
    }  # fmt: skip
    Membership.objects.create(project=world.project, user=people["adjudicator"], role="adjudicator")
    make_label_set(elsewhere)
    mine = furnish(world.project, reader=world.alice, manager=world.mona, member=world.anna)
    foreign = furnish(elsewhere, reader=world.mallory, manager=world.mallory, member=world.mallory)
    return Stage(people, {name: _session_of(user) for name, user in people.items()}, mine, foreign)


def furnish(project: Project, *, reader: User, manager: User, member: User) -> Objects:
    """One object for every URL parameter; `name:state` where a route needs the object in another state.

    A route with a new parameter needs its object here.
    """
    label_set = project.labelset_set.latest("version")
    free, taken, handed_in = (make_case(project) for _ in range(3))
    opened = Reading.objects.create(case=taken, project=project, reader=reader, label_set=label_set)
    submitted = Reading.objects.create(
        case=handed_in, project=project, reader=reader, label_set=label_set, state="submitted", freezes=1,
        submitted_at=timezone.now(),
    )  # fmt: skip
    instance = _instance(grid_of(free).series)
    Label.objects.filter(label_set=label_set).update(scheme="99MEDREVIEW")
    model = make_model(project, label_keys=("lesion", "organ"))
    run = TrainingRun.objects.create(project=project, number=1, task="segmentation", network="auto")
    job = Job.objects.create(kind="learning.train", queue="batch", target_id=run.pk, scope_id=project.pk)
    TrainingRun.objects.filter(pk=run.pk).update(job_id=job.pk)
    failed = Export.objects.create(project=project, format="coco", state="failed", error="No room")
    failed_job = Job.objects.create(
        kind="reading.export", queue="light", target_id=failed.pk, scope_id=project.pk, state="failed", attempt=3
    )
    held = blobs.put_bytes(f"held back in {project.pk}".encode())
    quarantined = Quarantined.objects.create(
        project=project, rule=sorted(RELEASABLE_RULES)[0], reason="Shown on the picture", name="a.dcm",
        source_sha256=held.sha256, kept=held,
    )  # fmt: skip
    InboxInstance.objects.get_or_create(
        kept=held, study_instance_uid=INBOX_STUDY, sop_instance_uid=uid(), size=held.size, peer_address="10.0.0.1"
    )
    archive = blobs.put_bytes(b"PK\x05\x06" + bytes(18))
    export = Export.objects.create(
        project=project, format="nifti", state="done", blob=archive, bytes=archive.size, verified=True
    )
    return {
        "project_id": project.pk,
        "slug": project.slug,
        "study_uid": instance.series.study.study_instance_uid,
        "series_uid": instance.series.series_instance_uid,
        "instance_uid": instance.sop_instance_uid,
        "frames": "1",
        "tag": "7FE00010",
        "case_id": free.pk,
        "reading_id": opened.pk,
        "reading_id:submitted": submitted.pk,
        "comment_id": Comment.objects.create(reading=submitted, author=reader, text="Here").pk,
        "import_id": Import.objects.create(project=project, created_by=manager).pk,
        "export_id": export.pk,
        "run_id": run.pk,
        "job_id": job.pk,
        "job_id:failed": failed_job.pk,
        "quarantined_id": quarantined.pk,
        "route_id": AeRoute.objects.create(project=project, ae_title=f"AE{project.pk}").pk,
        "model_id": model.pk,
        "label_key": "lesion",
        "which": "active",
        "token_id": _token(reader),
        "username": member.username,
        "case:suggested": taken.pk,
    }


def _instance(series: Series) -> Instance:
    blob = blobs.put_bytes(FRAME)
    instance = Instance.objects.create(
        project=series.project, series=series, sop_instance_uid=uid(), sop_class_uid="1.2.840.10008.5.1.4.1.1.4",
        transfer_syntax_uid="1.2.840.10008.1.2.1", frame_transfer_syntax_uid="1.2.840.10008.1.2.1", rows=12, columns=10,
        source_sha256=blob.sha256, stored=blob, frames_blob=blob, frames=[[0, len(FRAME)]],
        header=HEADER,
    )  # fmt: skip
    series.grid_set.update(thumbnail=blob, slices=[{"sop_instance_uid": instance.sop_instance_uid, "frame": 1}])
    return instance


def _token(user: User) -> int:
    create_token(user=user, name="of a test")
    return ApiToken.objects.filter(user=user).latest("id").pk


def _session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    assert client.session[SESSION_KEY] == str(user.pk)
    return client.cookies["sessionid"].value
