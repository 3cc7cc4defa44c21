"""Prepared cases on disk and random patches from them. Numpy only; augmentation is `ml/augment.py`.

Each case is preprocessed once into a cache folder and read back through memory maps, so that memory stays bounded
however many cases there are. A label that was not assessed has an empty mask and `assessed` false: its file is not
opened.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.contracts import DatasetCase
from ml.dataset import is_assessed, load_image, load_mask
from ml.errors import DatasetError
from ml.plan import Plan
from ml.preprocess import Frame, frame_of, normalise

KEPT_FOREGROUND = 4000


@dataclass(frozen=True)
class Prepared:
    """A case on the plan's grid. image `(C, Z, Y, X)` float32 normalised, masks `(L, Z, Y, X)` bool (segmentation),
    assessed `(L,)` bool, foreground: per label up to `KEPT_FOREGROUND` voxel indices `(n, 3)` zyx."""

    case: DatasetCase
    frame: Frame
    image: NDArray[np.float32]
    masks: NDArray[np.bool_]
    assessed: NDArray[np.bool_]
    foreground: tuple[NDArray[np.int32], ...]

    def boxes(self, label_keys: Sequence[str]) -> list[tuple[int, NDArray[Any], NDArray[Any]]]:
        """Reference boxes of assessed labels as (channel, start, stop), fractional zyx on the plan's grid."""
        found = []
        for box in self.case.boxes:
            channel = label_keys.index(box.label_key) if box.label_key in label_keys else -1
            if channel >= 0 and self.assessed[channel]:
                found.append((channel, *self.frame.extent_to_plan(np.array(box.start_zyx), np.array(box.stop_zyx))))
        return found


def prepare_image(case: DatasetCase, dataset_dir: Path, plan: Plan) -> tuple[NDArray[np.float32], Frame]:
    """A case's normalised image on the plan's grid: all that prediction needs."""
    image = load_image(case, dataset_dir)
    if image.shape[0] != plan.image_channels:
        raise DatasetError(
            f"case {case.case_id}: {image.shape[0]} channels, but the model was planned for {plan.image_channels}"
        )
    _, depth, rows, columns = image.shape
    frame = frame_of(case, (depth, rows, columns), plan)
    return frame.to_plan(normalise(image, plan)), frame


def prepare(case: DatasetCase, dataset_dir: Path, plan: Plan) -> Prepared:
    """Preprocess one case: image, masks and foreground voxels."""
    image, frame = prepare_image(case, dataset_dir, plan)
    assessed = np.array([is_assessed(case, key) for key in plan.label_keys])
    if plan.task == "detection":
        return Prepared(case, frame, image, np.zeros((0, *image.shape[1:]), dtype=bool), assessed, ())
    masks = np.stack(
        [frame.mask_to_plan(load_mask(case, dataset_dir, key, frame.case_shape_zyx)) for key in plan.label_keys]
    )
    generator = np.random.default_rng(0)
    foreground = []
    for mask in masks:
        voxels = np.argwhere(mask).astype(np.int32)
        few = len(voxels) <= KEPT_FOREGROUND
        foreground.append(voxels if few else voxels[np.sort(generator.choice(len(voxels), KEPT_FOREGROUND, False))])
    return Prepared(case, frame, image, masks, assessed, tuple(foreground))


def prepare_all(
    cases: Sequence[DatasetCase], dataset_dir: Path, plan: Plan, cache_dir: Path, tick: Callable[[str, int], None]
) -> list[Prepared]:
    """Preprocess cases into `cache_dir` and hand them back as memory maps. `tick` hears of each one."""
    shutil.rmtree(cache_dir, ignore_errors=True)
    cache_dir.mkdir(parents=True)
    ready = []
    for number, case in enumerate(cases):
        tick(case.case_id, number)
        made = prepare(case, dataset_dir, plan)
        image_path, masks_path = cache_dir / f"{number}.image.npy", cache_dir / f"{number}.masks.npy"
        np.save(image_path, made.image)
        image, masks = np.load(image_path, mmap_mode="r"), made.masks
        if masks.size:
            np.save(masks_path, masks)
            masks = np.load(masks_path, mmap_mode="r")
        ready.append(Prepared(case, made.frame, image, masks, made.assessed, made.foreground))
    return ready


def with_context(image: NDArray[np.float32], index: int, context: int) -> NDArray[np.float32]:
    """Slice `index` of `(C, Z, Y, X)` with `context` neighbours on each side as channels `(C (2 context + 1), Y, X)`,
    the neighbour before, the slice, the neighbour after; the outermost slice stands in beyond the ends."""
    picks = np.clip(np.arange(index - context, index + context + 1), 0, image.shape[1] - 1)
    return np.concatenate([image[:, pick] for pick in picks])


def crop(array: NDArray[Any], start: Sequence[int], size: Sequence[int], *, edge: bool) -> NDArray[Any]:
    """`size` voxels of the last axes from `start`, which may lie outside: repeated edge voxels, or zeros."""
    lead = array.ndim - len(size)
    inside, pad = [slice(None)] * lead, [(0, 0)] * lead
    for n, a, s in zip(array.shape[lead:], start, size, strict=True):
        low, high = min(max(a, 0), n - 1), max(min(a + s, n), 1)
        inside.append(slice(low, high))
        pad.append((max(0, -a), max(0, a + s - n)))
    part = np.asarray(array[tuple(inside)])
    return np.pad(part, pad, mode="edge" if edge else "constant") if any(p != (0, 0) for p in pad) else part


def window(image: NDArray[np.float32], start: Sequence[int], plan: Plan) -> NDArray[np.float32]:
    """The network's input at one place of a prepared image: `(in_channels, [Z,] Y, X)` of the plan's patch."""
    if plan.dims == 3:
        return crop(image, start, plan.patch_zyx, edge=True)
    return crop(with_context(image, start[0], plan.slice_context), start[1:], plan.patch_zyx[1:], edge=True)


@dataclass(frozen=True)
class Batch:
    """image `(B, in_channels, [Z,] Y, X)` float32, target `(B, L, [Z,] Y, X)` float32 0/1, assessed `(B, L)` bool."""

    image: NDArray[np.float32]
    target: NDArray[np.float32]
    assessed: NDArray[np.bool_]


class PatchSampler:
    """Random patches with a share around voxels of a label, each label that is present equally often.

    The share that is not centred on a label is uniform over the case, so that background is learned too.
    """

    def __init__(self, cases: Sequence[Prepared], plan: Plan) -> None:
        self.cases, self.plan = cases, plan
        self.usable = [k for k, case in enumerate(cases) if case.assessed.any()]
        if not self.usable:
            raise DatasetError("no case has an assessed label; there is nothing to sample from")
        self.with_label = [
            [k for k in self.usable if len(cases[k].foreground[label])] for label in range(len(plan.label_keys))
        ]

    def batch(self, generator: np.random.Generator) -> Batch:
        """A batch of the plan's size."""
        images, targets, assessed = [], [], []
        for _ in range(self.plan.batch_size):
            case, centre = self._place(generator)
            start = self._start(case, centre, generator)
            images.append(window(case.image, start, self.plan))
            target = crop(case.masks, start, self.plan.patch_zyx, edge=False)
            targets.append((target if self.plan.dims == 3 else target[:, 0]).astype(np.float32))
            assessed.append(case.assessed)
        return Batch(np.stack(images), np.stack(targets), np.stack(assessed))

    def _place(self, generator: np.random.Generator) -> tuple[Prepared, NDArray[Any]]:
        labels = [k for k, cases in enumerate(self.with_label) if cases]
        if labels and generator.random() < self.plan.foreground_share:
            label = labels[int(generator.integers(len(labels)))]
            case = self.cases[self.with_label[label][int(generator.integers(len(self.with_label[label])))]]
            voxels = case.foreground[label]
            return case, voxels[int(generator.integers(len(voxels)))]
        case = self.cases[self.usable[int(generator.integers(len(self.usable)))]]
        return case, generator.integers(0, case.image.shape[1:])

    def _start(self, case: Prepared, centre: NDArray[Any], generator: np.random.Generator) -> list[int]:
        """The patch's first voxel: around the centre, shifted by up to a quarter, inside the case where it fits."""
        start = []
        for n, c, size in zip(case.image.shape[1:], centre, self.plan.patch_zyx, strict=True):
            quarter = size // 4
            shift = int(generator.integers(-quarter, quarter + 1)) if quarter else 0
            wanted = int(c) - size // 2 + shift
            start.append(min(max(wanted, 0), n - size) if n >= size else (n - size) // 2)
        return start
