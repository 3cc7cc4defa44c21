"""The plan that follows from a fingerprint: what a run will do, as JSON a person can read.

Training, prediction and evaluation obey the plan and decide nothing themselves. No image is read and no torch imported
here.

Calibrated once for 2 CPU cores, 5 training and 3-4 validation cases; values of 8-10 test patients, single runs, seed 0:

- hippocampus crops (35 x 51 x 35, MR): 3D U-Net without residual units: Dice 0.81 / 0.81 after 655 steps at 1e-3; at
3e-3 the same validation score (0.80) after 380 steps, about a minute. Two residual units per level cost several times
as much a step. The mean shape alone reaches 0.69 there, because the crops are aligned.
- frontal chest radiographs: 2D at 192 px: lung Dice 0.84 after 384 steps; a fifth level made no clear difference
(0.85; on the validation side 0.84 against 0.86).
- deformed MNI152 brains (96 x 112 x 96, 2 mm, three orientations): 2D slices with one neighbour on each side: white
matter 0.885, small low-contrast lesions 0.36 after 2100 steps, 100 s.
- blood smears: Faster R-CNN, MobileNetV3 at 320 px from scratch with group norm, half a CPU second a step: AP50 WBC
0.73, RBC 0.61, platelets 0 (a handful of them in 5 images) after 300 steps. A fixed canvas matters: with changing
sizes a step took seconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ml.contracts import Dataset, JsonContract, Task, TrainingSpec
from ml.dataset import task_labels
from ml.fingerprint import Fingerprint

STEPS_PER_EPOCH = 20
CPU_STEPS = {"segmentation": 600, "detection": 400}
GPU_STEPS = {"segmentation": 4000, "detection": 3000}
MOST_SECONDS = 900.0
DETECTIONS_PER_IMAGE = 200
# What a first model must reach in the mean over its labels; a rare kind of box may still be missing entirely then.
FLOORS: dict[Task, float] = {"segmentation": 0.5, "detection": 0.25}
LONGEST_SIDE_CPU = 192
LONGEST_SIDE_GPU = 512
# A 3D network learns fastest on a CPU while a whole case fits one patch of about this many voxels (hippocampus crops).
VOXELS_3D_CPU = 48 * 64 * 48
VOXELS_3D_GPU = 128 * 128 * 128

_LATERAL = re.compile(r"(^|[^a-z])(left|right|l|r|lt|rt)([^a-z]|$)")


@dataclass(frozen=True)
class Plan(JsonContract):
    """`plan.json`. Label tuples are parallel and in channel order. `patch_zyx` starts with 1 for a 2D network.

    `spacing_mm` (canonical zyx) is empty for single images, which are scaled to `longest_side_px` instead (0: keep).
    `floor` is what a first model must reach. `min_finding_volume` (mm3, voxels of an image) drops smaller findings.
    `mirror_axes` are canonical: x is left-right. `slice_context` neighbours on each side are further input channels.
    `anchor_sides_px` (detection) are typical box sides in the plan's pixels.
    """

    task: Task
    network: str
    dims: int
    label_keys: tuple[str, ...]
    label_codes: tuple[str, ...]
    label_findings: tuple[str, ...]
    image_channels: int
    in_channels: int
    normalisation: str
    intensity_low: float
    intensity_high: float
    intensity_mean: float
    intensity_std: float
    spacing_mm: tuple[float, ...]
    longest_side_px: int
    slice_axis: int
    slice_context: int
    patch_zyx: tuple[int, ...]
    batch_size: int
    steps_per_epoch: int
    foreground_share: float
    channels: tuple[int, ...]
    residual_units: int
    learning_rate: float
    seconds_budget: float
    max_epochs: int
    patience_epochs: int
    mirror_axes: tuple[str, ...]
    threshold: float
    floor: float
    min_finding_volume: dict[str, float] = field(default_factory=dict)
    anchor_sides_px: tuple[float, ...] = ()


def is_lateralised(label_key: str) -> bool:
    """Whether a key names a side of the body ("left lung", "kidney_r"), so that mirroring would make it wrong."""
    return _LATERAL.search(label_key.lower()) is not None


def make_plan(found: Fingerprint, dataset: Dataset, spec: TrainingSpec, *, on_gpu: bool) -> Plan:
    """Decide how to train. Pure: the same fingerprint, labels and spec give the same plan."""
    labels = task_labels(dataset.labels, spec.task)
    keys = tuple(label.key for label in labels)
    detection = spec.task == "detection"
    dims = 2 if detection else _dims(found, spec.network, on_gpu=on_gpu)
    spacing, slice_axis = _grid(found, dims, _side_limit(detection=detection, on_gpu=on_gpu))
    side = 0 if not found.is_image else _longest_side(found, detection=detection, on_gpu=on_gpu)
    patch = _patch(found, dims, spacing, slice_axis, side, detection=detection, on_gpu=on_gpu)
    context = 1 if dims == 2 and not found.is_image else 0
    mirror = () if any(is_lateralised(key) for key in keys) else ("x", "y") if found.channels == 3 else ("x",)
    seconds, epochs = _bounds(spec, detection=detection, on_gpu=on_gpu)
    return Plan(
        task=spec.task,
        network=_network(spec, dims, on_gpu=on_gpu),
        dims=dims,
        label_keys=keys,
        label_codes=tuple(label.code for label in labels),
        label_findings=tuple(label.findings for label in labels),
        image_channels=found.channels,
        in_channels=3 if detection else found.channels * (2 * context + 1),
        normalisation=_normalisation(found),
        intensity_low=found.intensity_low,
        intensity_high=found.intensity_high,
        intensity_mean=found.intensity_mean,
        intensity_std=found.intensity_std,
        spacing_mm=spacing,
        longest_side_px=side,
        slice_axis=slice_axis,
        slice_context=context,
        patch_zyx=patch,
        batch_size=_batch(dims, detection=detection, on_gpu=on_gpu),
        steps_per_epoch=STEPS_PER_EPOCH,
        foreground_share=0.67,
        channels=(16, 32, 64, 128) if not on_gpu else (32, 64, 128, 256),
        residual_units=2 if on_gpu else 0,
        learning_rate=1e-3 if detection else 3e-3,
        seconds_budget=seconds,
        max_epochs=epochs,
        patience_epochs=100,
        mirror_axes=mirror,
        threshold=0.5,
        floor=FLOORS[spec.task],
        min_finding_volume={k: round(v / 4, 3) for k, v in found.least_component.items()},
        anchor_sides_px=_anchors(found, spacing, side) if detection else (),
    )


def _bounds(spec: TrainingSpec, *, detection: bool, on_gpu: bool) -> tuple[float, int]:
    """Seconds and epochs. A spec that sets neither gets both: steps enough to learn from a handful of cases, so that a
    busy machine takes longer and learns the same, and an end in time all the same."""
    if spec.seconds_budget or spec.max_epochs:
        return spec.seconds_budget, spec.max_epochs
    steps = (GPU_STEPS if on_gpu else CPU_STEPS)["detection" if detection else "segmentation"]
    return MOST_SECONDS, steps // STEPS_PER_EPOCH


def _network(spec: TrainingSpec, dims: int, *, on_gpu: bool) -> str:
    if spec.network not in ("auto", "unet"):
        return spec.network
    if spec.task == "detection":
        return "fasterrcnn_resnet50" if on_gpu else "fasterrcnn"
    return f"unet{dims}d"


def _dims(found: Fingerprint, network: str, *, on_gpu: bool) -> int:
    if network in ("unet2d", "unet3d"):
        return int(network[4])
    if found.is_image or min(found.shape_zyx) < 16 or max(found.spacing_mm) / min(found.spacing_mm) > 3:
        return 2
    return 3 if int(np.prod(found.shape_zyx)) <= (64 * VOXELS_3D_GPU if on_gpu else VOXELS_3D_CPU) else 2


def _grid(found: Fingerprint, dims: int, longest_side: int) -> tuple[tuple[float, ...], int]:
    """Spacing of the plan's grid and the slicing axis: the coarsest one, the first of equals. Empty for images."""
    if found.is_image:
        return (), 0
    spacing = list(found.spacing_mm)
    slice_axis = int(np.argmax(np.round(spacing, 2)))
    if dims == 2:
        extents = [n * s for n, s in zip(found.shape_zyx, spacing, strict=True)]
        in_plane = [axis for axis in range(3) if axis != slice_axis]
        finest = max(extents[axis] for axis in in_plane) / longest_side
        for axis in in_plane:
            spacing[axis] = max(spacing[axis], finest)
    return tuple(spacing), slice_axis


def _longest_side(found: Fingerprint, *, detection: bool, on_gpu: bool) -> int:
    return min(_side_limit(detection=detection, on_gpu=on_gpu), max(found.shape_zyx))


def _side_limit(*, detection: bool, on_gpu: bool) -> int:
    if detection:
        return 800 if on_gpu else 320
    return LONGEST_SIDE_GPU if on_gpu else LONGEST_SIDE_CPU


def _patch(
    found: Fingerprint,
    dims: int,
    spacing: Sequence[float],
    slice_axis: int,
    side: int,
    *,
    detection: bool,
    on_gpu: bool,
) -> tuple[int, ...]:
    """The typical case rounded up to what a U-Net of four levels halves evenly, within what the device can learn
    from.
    """
    if found.is_image:
        scale = side / max(found.shape_zyx[1:])
        sizes = [round(n * scale) for n in found.shape_zyx[1:]]
    else:
        whole = [round(n * s / t) for n, s, t in zip(found.shape_zyx, found.spacing_mm, spacing, strict=True)]
        sizes = [n for axis, n in enumerate(whole) if dims == 3 or axis != slice_axis]
    limit = (128 if on_gpu else 64) if dims == 3 else _side_limit(detection=detection, on_gpu=on_gpu)
    step = 32 if detection else 8
    rounded = [min(limit, max(2 * step, -(-n // step) * step)) for n in sizes]
    return tuple(rounded) if dims == 3 else (1, *rounded)


def _anchors(found: Fingerprint, spacing: Sequence[float], side: int) -> tuple[float, ...]:
    """Five box sides from the smallest to the largest that were marked, in the plan's pixels, geometrically spaced."""
    pixel = min(spacing) if spacing else max(found.shape_zyx) / side
    least, most = (max(4.0, value / pixel) for value in found.box_side_range)
    return tuple(round(float(v), 1) for v in np.geomspace(least, max(most, least * 1.5), 5))


def _batch(dims: int, *, detection: bool, on_gpu: bool) -> int:
    if detection:
        return 8 if on_gpu else 2
    return (4 if dims == 3 else 16) if on_gpu else (2 if dims == 3 else 4)


def _normalisation(found: Fingerprint) -> str:
    """CT and PET have absolute units and colour is comparable: one window for all. Anything else: each image by
    itself.
    """
    if found.channels == 3 and found.is_image:
        return "clip_fixed"
    return "clip_fixed" if set(found.modalities) <= {"CT", "PT"} else "standardise_each"
