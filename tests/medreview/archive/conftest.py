"""A project with a manager, and the door by which files come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from medreview.accounts.models import Membership, Project, User
from medreview.archive.models import Import
from medreview.archive.services import import_paths
from tests.medreview.archive.live import LiveWeb

TakeIn = Callable[..., Import]


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(slug="intake", name="Intake", salt="salt")


@pytest.fixture
def manager(project: Project) -> User:
    return add_user(project, "manager", "manager")


@pytest.fixture
def annotator(project: Project) -> User:
    return add_user(project, "annotator", "annotator")


@pytest.fixture
def stranger(db: None) -> User:
    """A manager, but of another project."""
    return add_user(Project.objects.create(slug="elsewhere", name="Elsewhere"), "stranger", "manager")


@pytest.fixture
def take_in(project: Project, manager: User) -> TakeIn:
    def take(*paths: Path, **options: object) -> Import:
        return import_paths(project=project, actor=manager, paths=list(paths), options=options)

    return take


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveWeb]:
    """A real web server; tests that share it tell their patients apart."""
    web = LiveWeb(tmp_path_factory.mktemp("live"))
    try:
        web.start()
        yield web
    finally:
        web.stop()


def add_user(project: Project, username: str, role: str) -> User:
    user = User.objects.create_user(username=username)
    Membership.objects.create(project=project, user=user, role=role)
    return user


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client
