"""The whole circle by simulated people through HTTP alone: import, read, review, retrain, gate, promote, suggest."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.loop.readers import TruthSource, read_case
from tests.loop.system import Person, System

WAIT_SECONDS = 900.0


@dataclass(frozen=True)
class Round:
    """What one round showed."""

    approved: int
    version: int
    metric: float
    baseline: float
    by_label: dict[str, float]
    verdict: str
    seconds: float


@dataclass
class Circle:
    """One project with its three people. `truths` is keyed by study UID; `floor` is of the first model."""

    system: System
    project_id: int
    reader: Person
    reviewer: Person
    manager: Person
    truths: Mapping[str, TruthSource]
    say: Callable[[str], None]
    seed: int = 1
    max_epochs: int = 0
    network: str = "auto"
    lanes: dict[str, list[int]] = field(default_factory=dict)

    def look_up_lanes(self) -> None:
        """The manager sees each case's lane; readers never do."""
        cursor, rows = None, []
        while True:
            page = self.manager.get(f"/projects/{self.project_id}/cases", **({"cursor": cursor} if cursor else {}))
            rows += page["results"]
            cursor = page["next"]
            if not cursor:
                break
        for row in rows:
            self.lanes.setdefault(row["lane"], []).append(row["id"])

    def read_and_approve(self, case_ids: list[int]) -> dict[str, int]:
        """The reader claims, reads and submits each case; the reviewer approves it."""
        totals: dict[str, int] = {}
        for case_id in case_ids:
            reading_id = self.reader.post(f"/cases/{case_id}/claim")["reading_id"]
            for key, n in read_case(self.reader, reading_id, self.truths).items():
                totals[key] = totals.get(key, 0) + n
            self.reviewer.post(f"/readings/{reading_id}/review")
            self.reviewer.post(f"/readings/{reading_id}/decision", {"outcome": "approve", "reasons": [], "note": ""})
        return totals

    def retrain(self) -> Round:
        """The manager retrains and waits; the candidate and its gate come back."""
        started = time.monotonic()
        run = self.manager.post(
            f"/projects/{self.project_id}/retrain",
            {"network": self.network, "seed": self.seed, "max_epochs": self.max_epochs},
        )
        run = self._wait(lambda: self.manager.get(f"/training-runs/{run['id']}"), ("succeeded", "failed", "canceled"))
        if run["state"] != "succeeded":
            raise AssertionError(f"training {run['state']}: {run['error']}\n{self.system.logs()}")
        model = self.manager.get(f"/models/{run['model_id']}")
        gate = model["gate"]
        by_label = {row["label_key"]: row["candidate_mean"] for row in gate["labels"]}
        baseline = best_baseline(gate["baseline"])
        return Round(
            approved=run["cases_used"], version=model["version"], metric=model["metric"], baseline=baseline,
            by_label=by_label, verdict=gate["verdict"], seconds=time.monotonic() - started,
        )  # fmt: skip

    def promote_newest(self, reason: str = "") -> int:
        """The manager promotes the candidate; returns its version once predictions have reached the queue."""
        model = self.manager.get(f"/projects/{self.project_id}/learning")["candidate"]
        self.manager.post(f"/models/{model['id']}/promote", {"reason": reason})
        return int(model["version"])

    def queue(self) -> list[dict[str, Any]]:
        """The reader's open queue in order."""
        page = self.reader.get(f"/projects/{self.project_id}/worklist")
        return [row for group in page["groups"] if group["key"] == "queue" for row in group["items"]]

    def wait_for_suggestions(self, version: int) -> list[dict[str, Any]]:
        """Wait until the whole learning lane was answered by this version and ordered; returns the queue."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            rows = self.queue()
            unsure = [row for row in rows if row["reason"]["code"] == "model_unsure"]
            if unsure and all(row["reason"]["values"].get("model_version") == version for row in unsure):
                return rows
            time.sleep(1)
        raise AssertionError(f"no suggestions of v{version} in {WAIT_SECONDS:.0f} s\n{self.system.logs()}")

    def report(self, number: int, found: Round) -> None:
        labels = ", ".join(f"{key} {value:.3f}" for key, value in found.by_label.items() if value is not None)
        self.say(
            f"round {number}: v{found.version} from {found.approved} readings: {found.metric:.3f} (baseline "
            f"{found.baseline:.3f}; {labels}), {found.verdict}, {found.seconds:.0f} s"
        )

    @staticmethod
    def _wait(look: Callable[[], dict[str, Any]], ends: tuple[str, ...]) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            found = look()
            if found["state"] in ends:
                return found
            time.sleep(1)
        raise AssertionError(f"still {found['state']} after {WAIT_SECONDS:.0f} s: {found}")


def best_baseline(baselines: Mapping[str, float]) -> float:
    """The strongest answer without a model: the best kind ("mean_shape", "nothing") by its mean over labels."""
    kinds: dict[str, list[float]] = {}
    for name, value in baselines.items():
        kinds.setdefault(name.split("/")[0], []).append(value)
    return max(sum(values) / len(values) for values in kinds.values())


def turn(
    circle: Circle, *, floor: float, floor_label: str | None, references: int, batch: int = 5,
    taught: Mapping[str, TruthSource] | None = None,
) -> tuple[Round, Round]:  # fmt: skip
    """Two rounds with every promise of the first circle checked; the floor is one label's or the mean's.

    `taught` replaces the truths once the reference cases are read: what a reader who errs would teach the model.
    """
    circle.look_up_lanes()
    learning, reference = circle.lanes["learning"], circle.lanes["reference"]
    assert len(reference) >= references, f"{len(reference)} reference cases, {references} needed"
    circle.read_and_approve(reference)
    circle.truths = circle.truths if taught is None else taught
    before = [row["case_id"] for row in circle.queue()]
    circle.read_and_approve(learning[:batch])

    first = circle.retrain()
    circle.report(1, first)
    reached = first.by_label[floor_label] if floor_label else first.metric
    assert reached >= floor, f"{floor_label or 'the mean'} {reached:.3f} is under the floor {floor}"
    assert first.metric > first.baseline, "the first model does not beat the baseline"
    version = circle.promote_newest()
    rows = circle.wait_for_suggestions(version)
    after = [row["case_id"] for row in rows]
    left = [case for case in before if case in set(after)]
    assert after != left, "the order of the queue did not change"
    assert all(row["reason"]["text"] for row in rows)
    assert any((row["suggestions"] or {}).get("count", 0) for row in rows), "no case has suggestions"

    totals = circle.read_and_approve(after[:batch])
    circle.say(f"decisions on v{version}: {totals}")
    assert totals["suggestions"] > 0
    second = circle.retrain()
    circle.report(2, second)
    assert second.metric >= first.metric - 0.02, "the second round is worse than the first"
    return first, second
