"""The loop of training: steps, the running average, validation, checkpoints, resuming. `ml/train.py` sets it up."""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from ml import checkpoint
from ml.contracts import Progress
from ml.errors import NonFiniteLossError, TrainingStoppedError
from ml.learner import Learner, Validation
from ml.plan import Plan

WARM_UP_STEPS = 20
AVERAGE_DECAY = 0.99
GRADIENT_NORM = 5.0
VALIDATION_SHARE = 0.15
SECONDS_BETWEEN_STATES = 20.0
SECONDS_BETWEEN_WORDS = 1.0

OnProgress = Callable[[Progress], None]


@dataclass
class Position:
    """Where a run is: all that is not a tensor. Saved with each state."""

    step: int = 0
    epoch: int = 0
    seconds: float = 0.0
    validation_seconds: float = 0.0
    best_metric: float | None = None
    best_epoch: int = 0
    best_sha256: str = ""
    thresholds: dict[str, float] = field(default_factory=dict)


class Voice:
    """Speaks to the caller about once a second and listens whether to stop."""

    def __init__(self, on_progress: OnProgress, should_stop: Callable[[], bool]) -> None:
        self.on_progress, self.should_stop = on_progress, should_stop
        self.last = Progress("preparing", 0.0)
        self.spoken = -math.inf

    def say(self, progress: Progress, *, now: bool = False) -> None:
        self.last = progress
        if now or time.monotonic() - self.spoken >= SECONDS_BETWEEN_WORDS:
            self.spoken = time.monotonic()
            self.on_progress(progress)

    def stop_if_asked(self) -> None:
        """Raises TrainingStoppedError when the caller wants the run to end."""
        if self.should_stop():
            raise TrainingStoppedError("training was asked to stop; start it again to go on from its newest state")


class Loop:
    """Steps, validation, checkpoints. The weights that are validated and kept are a running average of the trained
    ones: with few cases single steps are noisy, and the average is worth a longer training."""

    def __init__(
        self,
        plan: Plan,
        run_dir: Path,
        network: nn.Module,
        learner: Learner,
        generator: np.random.Generator,
        voice: Voice,
        has_validation: bool,
    ) -> None:
        self.plan, self.run_dir, self.network, self.learner = plan, run_dir, network, learner
        self.generator, self.voice, self.has_validation = generator, voice, has_validation
        self.optimizer = torch.optim.AdamW(network.parameters(), lr=plan.learning_rate, weight_decay=1e-2)
        self.average = {name: value.detach().clone() for name, value in network.state_dict().items()}
        self.at = Position()
        self.state_saved = 0.0

    @property
    def fraction(self) -> float:
        """How much of the planned work is done, 0..1: the further of the two bounds."""
        by_time = self.at.seconds / self.plan.seconds_budget if self.plan.seconds_budget else 0.0
        steps = self.plan.max_epochs * self.plan.steps_per_epoch
        return min(1.0, max(by_time, self.at.step / steps if steps else 0.0))

    def run(self) -> None:
        with SummaryWriter(str(self.run_dir / "tensorboard")) as board:
            while self.fraction < 1.0 and not self._is_stuck():
                began = time.monotonic()
                loss = self._epoch()
                seen = self._validate() if self._validation_is_due() else None
                self._record(board, loss, seen, time.monotonic() - began)
                if self.at.seconds - self.state_saved >= SECONDS_BETWEEN_STATES or not self.plan.seconds_budget:
                    self.save_state()
        if not self.at.best_sha256:
            self._keep()

    def _epoch(self) -> float:
        """Steps up to the next multiple of an epoch, so that a run stopped within one ends it where it would have."""
        losses = []
        while self.at.step < (self.at.epoch + 1) * self.plan.steps_per_epoch and self.fraction < 1.0:
            losses.append(self._step())
            self._say("training", {"train_loss": losses[-1]})
            if self.voice.should_stop():
                self.save_state()
                self.voice.stop_if_asked()
        self.at.epoch += 1
        return math.fsum(losses) / len(losses)

    def _step(self) -> float:
        began = time.monotonic()
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        self.network.train()
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.learner.loss(self.network, self.generator)
        value = float(loss.detach())  # on a GPU this waits for the step to finish
        if not math.isfinite(value):
            raise NonFiniteLossError(
                f"the loss became {value} at step {self.at.step}; nothing was registered. Look for images with extreme "
                "values in this data set, or try again with another seed"
            )
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM)
        self.optimizer.step()
        self.at.step += 1
        self._update_average()
        self.at.seconds += time.monotonic() - began
        return value

    def learning_rate(self) -> float:
        """A short warm-up, then half a cosine down to 2 % of the plan's rate."""
        warm = min(1.0, (self.at.step + 1) / WARM_UP_STEPS)
        return self.plan.learning_rate * warm * max(0.02, 0.5 * (1 + math.cos(math.pi * self.fraction)))

    def _update_average(self) -> None:
        decay = min(AVERAGE_DECAY, (1 + self.at.step) / (10 + self.at.step))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                mean = self.average[name]
                if mean.is_floating_point():
                    mean.lerp_(value, 1 - decay)
                else:
                    mean.copy_(value)

    def _validation_is_due(self) -> bool:
        if not self.has_validation:
            return False
        if not self.plan.seconds_budget or self.fraction >= 1.0:
            return True
        return self.at.validation_seconds <= VALIDATION_SHARE * self.at.seconds

    def _validate(self) -> Validation:
        began = time.monotonic()
        trained = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.average)
        self.network.eval()
        seen = self.learner.validate(self.network, lambda _text, _share: self._say("validating", {}))
        self.network.load_state_dict(trained)
        if seen.metric is not None and (self.at.best_metric is None or seen.metric >= self.at.best_metric):
            self.at.best_metric, self.at.best_epoch, self.at.thresholds = seen.metric, self.at.epoch, seen.thresholds
            self._keep()
        took = time.monotonic() - began
        self.at.validation_seconds += took
        self.at.seconds += took
        return seen

    def _keep(self) -> None:
        self.at.best_sha256 = checkpoint.save_weights(self.average, self.run_dir)

    def _is_stuck(self) -> bool:
        """No better validation for the plan's patience, counted only in the second half: the rate has to come
        down first.
        """
        if self.at.best_metric is None or not self.plan.patience_epochs or self.fraction < 0.5:
            return False
        return self.at.epoch - self.at.best_epoch > self.plan.patience_epochs

    def _say(self, phase: Any, metrics: dict[str, float]) -> None:
        left = None
        if self.at.step:
            total = self.at.seconds / max(self.fraction, 1e-6)
            left = max(0.0, total - self.at.seconds)
        self.voice.say(
            Progress(phase, self.fraction, f"epoch {self.at.epoch}", self.at.epoch, self.plan.max_epochs, left, metrics)
        )

    def _record(self, board: SummaryWriter, loss: float, seen: Validation | None, seconds: float) -> None:
        """One line of metrics.jsonl, the same numbers for TensorBoard, and a word to the caller."""
        numbers = {"train_loss": loss, "seconds": round(seconds, 3), "learning_rate": self.learning_rate()}
        if seen is not None:
            if seen.loss is not None:
                numbers["val_loss"] = seen.loss
            if seen.metric is not None:
                numbers[f"val_{self.learner.metric_name}"] = seen.metric
            numbers |= {f"val_{self.learner.metric_name}/{key}": value for key, value in seen.by_label.items()}
        line = {"epoch": self.at.epoch, "step": self.at.step, "elapsed_seconds": round(self.at.seconds, 2), **numbers}
        with (self.run_dir / "metrics.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
        for name, value in numbers.items():
            board.add_scalar(name, value, self.at.step)
        epochs = self.plan.max_epochs
        left = max(0.0, self.plan.seconds_budget - self.at.seconds) if self.plan.seconds_budget else None
        self.voice.say(
            Progress("training", self.fraction, f"epoch {self.at.epoch}", self.at.epoch, epochs, left, numbers),
            now=True,
        )

    def save_state(self) -> None:
        """Everything a resumed run needs to go on as if it had never stopped."""
        tensors: dict[str, Tensor] = {"rng": torch.get_rng_state()}
        tensors |= {f"network/{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"average/{name}": value for name, value in self.average.items()}
        for index, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{index}/{name}": torch.as_tensor(value) for name, value in moments.items()}
        facts = {
            "position": vars(self.at),
            "generator": self.generator.bit_generator.state,
            "plan": self.plan.to_json(),
        }
        checkpoint.save_state(self.run_dir, self.at.step, tensors, facts)
        self.state_saved = self.at.seconds

    def resume(self, run_dir: Path, other: Path | None) -> None:
        """Go on from the newest verified state of this directory, else of another attempt's; else begin."""
        for source in (run_dir, other):
            state = checkpoint.newest_state(source) if source is not None else None
            if source is None or state is None or state[1]["plan"] != json.loads(json.dumps(self.plan.to_json())):
                continue
            self._take(source, *state)
            return
        (run_dir / "metrics.jsonl").unlink(missing_ok=True)

    def _take(self, source: Path, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        position = Position(**facts["position"])
        if position.best_sha256:
            kept = source / checkpoint.WEIGHTS_NAME
            if not kept.exists() or checkpoint.file_sha256(kept) != position.best_sha256:
                # The best weights were replaced after this state was written: the average at this state stands in.
                position.best_metric, position.best_sha256 = None, ""
            elif source != self.run_dir:
                shutil.copyfile(kept, self.run_dir / checkpoint.WEIGHTS_NAME)
        self.network.load_state_dict(_under("network/", tensors))
        self.average = {k: v.to(self.average[k].device) for k, v in _under("average/", tensors).items()}
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("optimizer/", tensors).items():
            index, key = name.split("/")
            moments.setdefault(int(index), {})[key] = value
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": moments})
        torch.set_rng_state(tensors["rng"])
        self.generator.bit_generator.state = facts["generator"]
        self.at, self.state_saved = position, position.seconds
        _cut_metrics(source / "metrics.jsonl", self.run_dir / "metrics.jsonl", position.step)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}


def _cut_metrics(source: Path, target: Path, step: int) -> None:
    """Keep the lines up to a state's step: what came after it will be done again."""
    lines = source.read_text(encoding="utf-8").splitlines() if source.exists() else []
    kept = [line for line in lines if json.loads(line)["step"] <= step]
    target.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
