"""Projects with the labels that the phantoms' folders use."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from medreview.accounts.models import Membership, Project, User
from medreview.labels.models import Label, LabelSet

MakeProject = Callable[..., tuple[Project, User]]


@pytest.fixture
def make_project(db: None) -> MakeProject:
    def make(**kinds: str) -> tuple[Project, User]:
        """`kinds`: label key to "segment", "box" or "segment:one"."""
        project = Project.objects.create(slug="set", name="Set", salt="salt")
        user = User.objects.create_user("importer")
        Membership.objects.create(project=project, user=user, role="manager")
        label_set = LabelSet.objects.create(project=project, version=1)
        for order, (key, kind) in enumerate(kinds.items()):
            kind, _, findings = kind.partition(":")
            Label.objects.create(
                label_set=label_set, key=key, name=key.capitalize(), kind=kind, scheme="99TEST", value=key.upper(),
                meaning=key, colour="#FF9F2E", order=order, findings=findings or "many",
            )  # fmt: skip
        return project, user

    return make
