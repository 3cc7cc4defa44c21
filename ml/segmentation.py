"""Learning to segment: batches, loss and validation for `ml/train.py`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ml.augment import augment
from ml.data import PatchSampler, Prepared
from ml.learner import Tick, Validation
from ml.losses import masked_dice_bce
from ml.metrics import dice
from ml.plan import Plan
from ml.sliding import probabilities


class SegmentationLearner:
    """Patches, masked Dice and cross-entropy; validation is mean Dice on the plan's grid, without post-processing."""

    metric_name = "mean_dice"

    def __init__(self, plan: Plan, train: Sequence[Prepared], val: Sequence[Prepared], device: torch.device) -> None:
        self.plan, self.val, self.device = plan, val, device
        self.sampler = PatchSampler(train, plan)

    def loss(self, network: nn.Module, generator: np.random.Generator) -> Tensor:
        batch = self.sampler.batch(generator)
        image = torch.from_numpy(batch.image).to(self.device)
        target = torch.from_numpy(batch.target).to(self.device)
        image, target = augment(image, target, self.plan, generator)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            logits = network(image)
        return masked_dice_bce(logits.float(), target, torch.from_numpy(batch.assessed).to(self.device))

    def validate(self, network: nn.Module, tick: Tick) -> Validation:
        scores: dict[str, list[float]] = {key: [] for key in self.plan.label_keys}
        losses: list[float] = []
        for number, case in enumerate(self.val):
            share = number / len(self.val)
            found = probabilities(
                np.asarray(case.image),
                network,
                self.plan,
                self.device,
                lambda f, s=share: tick("validating", s),  # type: ignore[misc]
            )
            for channel, key in enumerate(self.plan.label_keys):
                if case.assessed[channel]:
                    reference = np.asarray(case.masks[channel])
                    scores[key].append(dice(found[channel] >= self.plan.threshold, reference))
                    losses.append(_soft_loss(found[channel], reference))
        by_label = {key: float(np.mean(values)) for key, values in scores.items() if values}
        metric = float(np.mean(list(by_label.values()))) if by_label else None
        return Validation(metric, by_label, float(np.mean(losses)) if losses else None)


def _soft_loss(probability: NDArray[np.float32], reference: NDArray[np.bool_]) -> float:
    """The training loss's two terms on a whole case: 1 - soft Dice, plus mean cross-entropy in nats."""
    p = np.clip(probability.astype(np.float64), 1e-6, 1 - 1e-6)
    soft_dice = (2 * p[reference].sum() + 1) / (p.sum() + reference.sum() + 1)
    return float(1 - soft_dice - np.where(reference, np.log(p), np.log(1 - p)).mean())
