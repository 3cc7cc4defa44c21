"""Training: a function of a frozen spec, read top to bottom. It writes a run directory, which is the whole truth.

`spec.json, fingerprint.json, plan.json, metrics.jsonl` (a line per epoch), TensorBoard events, `checkpoint.safetensors`
(best on the validation side), `state/` (to resume) and `report.json` (last, so that a run without it did not finish).
The test side is never opened. Bounded by epochs, a run on a CPU repeats itself bit by bit, also when it was stopped and
resumed; bounded by seconds, it repeats itself up to the number of steps that fit.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ml import checkpoint
from ml.contracts import Progress, TrainingReport, TrainingSpec
from ml.data import prepare_all
from ml.dataset import cases_of, load_dataset
from ml.detection import DetectionLearner
from ml.device import choose_device
from ml.fingerprint import fingerprint
from ml.learner import Learner
from ml.loop import Loop, OnProgress, Voice
from ml.networks import build
from ml.plan import Plan, make_plan
from ml.segmentation import SegmentationLearner

LEARNERS: dict[str, Callable[..., Learner]] = {"segmentation": SegmentationLearner, "detection": DetectionLearner}


def train(
    spec: TrainingSpec,
    run_dir: Path,
    on_progress: OnProgress = lambda _progress: None,
    should_stop: Callable[[], bool] = lambda: False,
    resume_from: Path | None = None,
) -> TrainingReport:
    """Train as the spec says and return the report.

    A run directory that already has a verified state goes on from there; `resume_from` names another attempt's
    directory to go on from instead. `on_progress` is called about once a second, `should_stop` after every step.

    Raises DatasetError (nothing to learn, unreadable files), NonFiniteLossError, TrainingStoppedError (the state was
    saved), WeightsHashError (a warm start whose weights are not the recorded ones).
    """
    voice = Voice(on_progress, should_stop)
    voice.say(Progress("preparing", 0.0, "reading the data set"), now=True)
    device = choose_device(spec.device)
    dataset_dir = Path(spec.dataset_dir)
    dataset = load_dataset(dataset_dir)
    run_dir.mkdir(parents=True, exist_ok=True)
    spec.write(run_dir / "spec.json")

    def measuring(case_id: str) -> None:
        voice.say(Progress("preparing", 0.0, f"measuring {case_id}"))
        voice.stop_if_asked()

    found = fingerprint(dataset, dataset_dir, spec.task, measuring)
    found.write(run_dir / "fingerprint.json")
    plan = make_plan(found, dataset, spec, on_gpu=device.type == "cuda")
    plan.write(run_dir / "plan.json")

    torch.manual_seed(spec.seed)
    generator = np.random.default_rng(spec.seed)
    network = build(plan).to(device)
    started_warm = _warm_start(network, plan, spec)
    train_cases, val_cases = cases_of(dataset, "train"), cases_of(dataset, "val")
    count = len(train_cases) + len(val_cases)

    def preparing(case_id: str, number: int) -> None:
        voice.say(Progress("preparing", 0.0, f"preparing {case_id} ({number + 1} of {count})"))
        voice.stop_if_asked()

    ready = prepare_all([*train_cases, *val_cases], dataset_dir, plan, run_dir / "cache", preparing)
    learner = LEARNERS[spec.task](plan, ready[: len(train_cases)], ready[len(train_cases) :], device)

    loop = Loop(plan, run_dir, network, learner, generator, voice, bool(val_cases))
    loop.resume(run_dir, resume_from)
    loop.run()
    shutil.rmtree(run_dir / "cache", ignore_errors=True)
    at = loop.at
    report = TrainingReport(
        task=plan.task,
        network=plan.network,
        label_keys=plan.label_keys,
        label_codes=plan.label_codes,
        weights_sha256=at.best_sha256,
        epochs=at.epoch,
        seconds=round(at.seconds, 1),
        best_validation_metric=0.0 if at.best_metric is None else at.best_metric,
        validation_metric_name="none" if at.best_metric is None else learner.metric_name,
        train_cases=len(train_cases),
        val_cases=len(val_cases),
        parameters=sum(p.numel() for p in network.parameters()),
        device=str(device),
        steps=at.step,
        score_thresholds=at.thresholds,
        warm_start=started_warm,
    )
    report.write(run_dir / "report.json")
    voice.say(Progress("done", 1.0, "trained", at.epoch, at.epoch), now=True)
    return report


def _warm_start(network: nn.Module, plan: Plan, spec: TrainingSpec) -> bool:
    """Begin from another run's weights when it had the same network and labels in the same order; else from scratch."""
    if not spec.warm_start_dir:
        return False
    before = Path(spec.warm_start_dir)
    old = Plan.read(before / "plan.json")
    same = ("network", "label_keys", "label_codes", "in_channels", "channels")
    if any(getattr(old, name) != getattr(plan, name) for name in same):
        return False
    checkpoint.load_weights(network, before, TrainingReport.read(before / "report.json").weights_sha256)
    return True
