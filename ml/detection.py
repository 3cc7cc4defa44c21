"""Learning to find boxes: batches, loss and validation for `ml/train.py`. The masking of labels is in the network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from ml.augment import light, mirror_dims
from ml.contracts import Box
from ml.data import Prepared, with_context
from ml.errors import DatasetError
from ml.learner import Tick, Validation
from ml.metrics import Matches, average_precision, match_boxes
from ml.plan import Plan
from ml.preprocess import Frame

SCALE = (0.8, 1.25)
DEFAULT_THRESHOLD = 0.5
LINK_IOU = 0.3


@dataclass(frozen=True)
class RawBox:
    """A detection on the plan's grid, fractional voxels, half-open, zyx."""

    label_key: str
    start: tuple[float, ...]
    stop: tuple[float, ...]
    score: float


def network_input(case_image: NDArray[np.float32], index: int, plan: Plan) -> Tensor:
    """Slice `index` of `(C, Z, Y, X)` as three channels: RGB as it is, a volume's slice between its neighbours,
    grey thrice.
    """
    slices = with_context(case_image, index, plan.slice_context)
    return torch.from_numpy(np.ascontiguousarray(slices if len(slices) == 3 else np.repeat(slices[:1], 3, axis=0)))


class DetectionLearner:
    """Single slices with their boxes; validation is mean AP50 over the labels with a reference box."""

    metric_name = "mean_ap50"

    def __init__(self, plan: Plan, train: Sequence[Prepared], val: Sequence[Prepared], device: torch.device) -> None:
        self.plan, self.train_cases, self.val, self.device = plan, [c for c in train if c.assessed.any()], val, device
        if not self.train_cases:
            raise DatasetError("no training case has an assessed label; there is nothing to sample from")

    def loss(self, network: nn.Module, generator: np.random.Generator) -> Tensor:
        images, targets = [], []
        for _ in range(self.plan.batch_size):
            image, target = self._sample(generator)
            images.append(image.to(self.device))
            targets.append({name: value.to(self.device) for name, value in target.items()})
        losses: dict[str, Tensor] = network(images, targets)
        return torch.stack(list(losses.values())).sum()

    def _sample(self, generator: np.random.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        case = self.train_cases[int(generator.integers(len(self.train_cases)))]
        boxes = case.boxes(self.plan.label_keys)
        index = int(generator.integers(case.image.shape[1]))
        if boxes and generator.random() < self.plan.foreground_share:
            _, start, stop = boxes[int(generator.integers(len(boxes)))]
            index = min(int(start[0] + (stop[0] - start[0]) * generator.random()), case.image.shape[1] - 1)
        here = [(k, a, b) for k, a, b in boxes if a[0] < index + 1 and b[0] > index]
        corners = np.array([[a[2], a[1], b[2], b[1]] for _, a, b in here], dtype=np.float32).reshape(-1, 4)
        image, corners = _change(network_input(case.image, index, self.plan), corners, self.plan, generator)
        labels = np.array([k + 1 for k, _, _ in here], dtype=np.int64)
        corners, large = _visible(corners, self.plan.patch_zyx[1:])
        return image, {
            "boxes": torch.from_numpy(corners[large]),
            "labels": torch.from_numpy(labels[large]),
            "assessed": torch.from_numpy(case.assessed.copy()),
        }

    def validate(self, network: nn.Module, tick: Tick) -> Validation:
        matches: dict[str, list[Matches]] = {key: [] for key in self.plan.label_keys}
        for number, case in enumerate(self.val):
            tick("validating", number / len(self.val))
            found = on_case_grid(detect(np.asarray(case.image), network, self.plan, self.device), case.frame)
            for channel, key in enumerate(self.plan.label_keys):
                if case.assessed[channel]:
                    matches[key].append(match_boxes(found, case.case.boxes, key))
        scored = {key: average_precision(found) for key, found in matches.items() if any(m.references for m in found)}
        by_label = {key: value for key, value in scored.items() if value is not None}
        thresholds = {key: best_threshold(found) for key, found in matches.items() if key in by_label}
        metric = math.fsum(by_label.values()) / len(by_label) if by_label else None
        return Validation(metric, by_label, None, thresholds)


def best_threshold(cases: Sequence[Matches]) -> float:
    """The score from which detections have the best F1 (the highest of equals); 0.5 when there is no hit at all."""
    scores = np.concatenate([case.scores for case in cases])
    is_hit = np.concatenate([case.is_hit for case in cases])
    if not is_hit.any():
        return DEFAULT_THRESHOLD
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(is_hit[order])
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + sum(case.references for case in cases))
    return float(scores[order][int(f1.argmax())])


def _change(
    image: Tensor, corners: NDArray[np.float32], plan: Plan, generator: np.random.Generator
) -> tuple[Tensor, NDArray[np.float32]]:
    """Mirror, scale, shift and light an image `(3, Y, X)` and its boxes `(n, 4)` xyxy together, onto the plan's patch.

    The result always has the patch's size: on a CPU a new size costs seconds, because kernels are compiled per shape.
    """
    for dim in mirror_dims(plan):
        if generator.random() < 0.5:
            axis, length = 1 - dim, image.shape[1 + dim]
            image = image.flip(1 + dim)
            corners[:, [axis, axis + 2]] = length - corners[:, [axis + 2, axis]]
    scale = float(generator.uniform(*SCALE))
    size = np.array(image.shape[1:]) * scale
    slack = np.array(plan.patch_zyx[1:]) - size  # negative: the patch shows a part of the image
    shift = slack * generator.uniform(0, 1, 2)
    theta = torch.tensor(_placing(image.shape[1:], plan.patch_zyx[1:], scale, shift), dtype=image.dtype)
    grid = F.affine_grid(theta[None], [1, 1, *plan.patch_zyx[1:]], align_corners=False)
    image = F.grid_sample(image[None], grid, padding_mode="border", align_corners=False)
    return light(image, generator)[0], corners * scale + np.array([shift[1], shift[0]] * 2, dtype=np.float32)


def _placing(
    source: Sequence[int], target: Sequence[int], scale: float, shift: NDArray[np.float64]
) -> list[list[float]]:
    """The 2x3 matrix for `affine_grid` that puts a `(Y, X)` source, scaled and shifted by pixels, on a target canvas.

    Both run from -1 to 1 over their edges: source x = (target x - shift) / scale.
    """
    rows = []
    for axis in (1, 0):
        ratio = target[axis] / (scale * source[axis])
        offset = ratio - 2 * shift[axis] / (scale * source[axis]) - 1
        rows.append([ratio if axis == 1 else 0.0, ratio if axis == 0 else 0.0, offset])
    return rows


def _visible(corners: NDArray[np.float32], size: Sequence[int]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Boxes cut to the canvas, and which of them still show most of themselves and are two pixels wide."""
    limit = np.array([size[1], size[0]] * 2, dtype=np.float32)
    cut = np.clip(corners, 0, limit)
    sides, whole = cut[:, 2:] - cut[:, :2], corners[:, 2:] - corners[:, :2]
    return cut, (sides >= 2).all(axis=1) & (sides.prod(axis=1) >= 0.4 * whole.prod(axis=1))


def detect(image: NDArray[np.float32], network: nn.Module, plan: Plan, device: torch.device) -> list[RawBox]:
    """All detections above the network's least score in a prepared image `(C, Z, Y, X)`, fractional plan voxels.

    Slices are searched one by one; boxes of neighbouring slices that overlap are linked into one finding.
    """
    network.eval()
    by_slice: list[list[RawBox]] = []
    for index in range(image.shape[1]):
        with torch.inference_mode():
            answer = network([network_input(image, index, plan).to(device)])[0]
        rows = zip(answer["boxes"].tolist(), answer["scores"].tolist(), answer["labels"].tolist(), strict=True)
        by_slice.append(
            [
                RawBox(plan.label_keys[label - 1], (index, y0, x0), (index + 1, y1, x1), score)
                for (x0, y0, x1, y1), score, label in rows
            ]
        )
    return by_slice[0] if len(by_slice) == 1 else link_slices(by_slice)


def link_slices(by_slice: Sequence[Sequence[RawBox]]) -> list[RawBox]:
    """Join boxes of one label in neighbouring slices that overlap in plane (IoU >= 0.3) into boxes over several slices.

    A joined box spans all its members and has the mean of their scores.
    """
    finished: list[list[RawBox]] = []
    growing: list[list[RawBox]] = []
    for boxes in by_slice:
        free = sorted(boxes, key=lambda b: -b.score)
        still = []
        for chain in growing:
            match = next(
                (b for b in free if b.label_key == chain[-1].label_key and _plane_iou(b, chain[-1]) >= LINK_IOU), None
            )
            if match is None:
                finished.append(chain)
            else:
                free.remove(match)
                still.append([*chain, match])
        growing = still + [[b] for b in free]
    return sorted((_joined(chain) for chain in finished + growing), key=lambda b: -b.score)


def _continues(last: RawBox, box: RawBox) -> bool:
    return box.label_key == last.label_key and _plane_iou(box, last) >= LINK_IOU


def _plane_iou(a: RawBox, b: RawBox) -> float:
    low = [max(p, q) for p, q in zip(a.start[1:], b.start[1:], strict=True)]
    high = [min(p, q) for p, q in zip(a.stop[1:], b.stop[1:], strict=True)]
    both = math.prod(max(0.0, h - w) for w, h in zip(low, high, strict=True))
    sizes = [math.prod(q - p for p, q in zip(x.start[1:], x.stop[1:], strict=True)) for x in (a, b)]
    return both / (sum(sizes) - both) if both else 0.0


def _joined(chain: Sequence[RawBox]) -> RawBox:
    start = tuple(min(b.start[k] for b in chain) for k in range(3))
    stop = tuple(max(b.stop[k] for b in chain) for k in range(3))
    return RawBox(chain[0].label_key, start, stop, math.fsum(b.score for b in chain) / len(chain))


def on_case_grid(found: Sequence[RawBox], frame: Frame) -> list[Box]:
    """Detections as boxes in whole voxels of the case's own grid, inside it and at least one voxel wide."""
    limit = np.array(frame.case_shape_zyx)
    boxes = []
    for box in found:
        start, stop = frame.extent_to_case(np.array(box.start), np.array(box.stop))
        low = np.clip(np.round(start), 0, limit - 1).astype(int)
        high = np.clip(np.round(stop), low + 1, limit).astype(int)
        boxes.append(Box(box.label_key, tuple(low.tolist()), tuple(high.tolist()), box.score))
    return boxes
