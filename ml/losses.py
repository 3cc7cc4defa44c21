"""Segmentation loss: soft Dice plus cross-entropy per label, each label a sigmoid of its own, unassessed labels left
out.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def masked_dice_bce(logits: Tensor, target: Tensor, assessed: Tensor) -> Tensor:
    """Mean over labels of (1 - soft Dice over the batch) + mean binary cross-entropy.

    logits and target `(B, L, ...)`, target 0 or 1, assessed `(B, L)` bool. Where a label was not assessed, its target
    is never read: terms are replaced by zero with `where`, not multiplied, so even NaN there changes neither value
    nor gradient by a bit. A batch in which nothing was assessed has loss 0. Dice is taken over the whole batch per
    label, so that a patch without the label does not count as a failure by its own.
    """
    axes = tuple(range(2, logits.ndim))
    known = assessed.reshape(*assessed.shape, *(1,) * len(axes))
    target = torch.where(known, target, 0.0)
    count = assessed.sum(dim=0)  # (L,)
    labels = (count > 0).sum().clamp(min=1)
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none").mean(dim=axes)  # (B, L)
    bce = torch.where(assessed, entropy, 0.0).sum(dim=0) / count.clamp(min=1)
    probability = torch.where(known, logits.sigmoid(), 0.0)
    both = (probability * target).sum(dim=(0, *axes))
    total = probability.sum(dim=(0, *axes)) + target.sum(dim=(0, *axes))
    dice_loss = torch.where(count > 0, 1 - (2 * both + 1.0) / (total + 1.0), 0.0)
    return (bce + dice_loss).sum() / labels
