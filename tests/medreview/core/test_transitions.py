"""The only writer of a state column refuses what its table does not say."""

from __future__ import annotations

import pytest

from medreview.accounts.models import Project
from medreview.core import transitions
from medreview.core.errors import Conflict, InvalidTransition, NotAllowed
from medreview.core.models import StatusChange
from medreview.learning.models import TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> TrainingRun:
    project = Project.objects.create(slug="p", name="P")
    return TrainingRun.objects.create(project=project, number=1, task="segmentation", network="unet2d")


def test_a_change_is_saved_with_its_row(run: TrainingRun) -> None:
    transitions.apply(run, "cancel", actor_id=7, roles={"manager"}, reason="enough", error="x")
    run.refresh_from_db()
    change = StatusChange.objects.get()
    assert (run.state, run.error) == ("canceled", "x")
    assert (change.event, change.old, change.new, change.actor_id, change.reason) == (
        "cancel", "queued", "canceled", 7, "enough",
    )  # fmt: skip


def test_a_missing_pair_and_a_missing_role_are_told_apart(run: TrainingRun) -> None:
    with pytest.raises(InvalidTransition, match=r"trainingrun .*complete is not allowed in state queued"):
        transitions.apply(run, "complete", actor_id=1, roles={"manager", "system"})
    with pytest.raises(NotAllowed):
        transitions.apply(run, "cancel", actor_id=1, roles={"annotator"})
    assert not StatusChange.objects.exists()


def test_a_lost_race_changes_nothing(run: TrainingRun) -> None:
    other = TrainingRun.objects.get(pk=run.pk)
    transitions.apply(other, "cancel", actor_id=1, roles={"manager"})
    with pytest.raises(Conflict):
        transitions.apply(run, "start", actor_id=1, roles={"system"})
    run.refresh_from_db()
    assert run.state == "canceled"
    assert StatusChange.objects.count() == 1
