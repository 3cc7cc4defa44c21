"""What training needs to know of a task: a loss for a random batch, and a score on the validation side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from torch import Tensor, nn

Tick = Callable[[str, float], None]


@dataclass(frozen=True)
class Validation:
    """One look at the validation side. `metric` is the mean over labels, None when no label was assessed there.
    `thresholds`: per label the score from which a detection is worth offering; empty for segmentation."""

    metric: float | None
    by_label: dict[str, float] = field(default_factory=dict)
    loss: float | None = None
    thresholds: dict[str, float] = field(default_factory=dict)


class Learner(Protocol):
    """A task: `SegmentationLearner` or `DetectionLearner`."""

    metric_name: str

    def loss(self, network: nn.Module, generator: np.random.Generator) -> Tensor:
        """The loss of one random training batch, a scalar with gradient."""
        ...

    def validate(self, network: nn.Module, tick: Tick) -> Validation:
        """Score the network on the validation side. `tick` hears of progress at least every second or so."""
        ...
