"""A tiny made-up data set, so that `python -m ml` can be tried in a minute without any images. Numpy only.

Segmentation: noisy volumes, a bright ellipsoid ("organ", one finding) and up to three small brighter balls ("lesion"),
beside a dark distractor. Each case has its own place, size, brightness and one of three orientations, so that only the
image tells where things are. Detection: colour images with large purple discs ("cell") and small green ones ("grain").
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.contracts import Box, Dataset, DatasetCase, LabelSpec, Side, Task
from ml.dataset import dataset_digest

SIDE_VOXELS = 24
SIDE_PIXELS = 96
SPACING_MM = 2.0
_ORIENTATIONS = ((0, 1, 2), (1, 0, 2), (2, 0, 1))
_LABELS: dict[Task, tuple[LabelSpec, ...]] = {
    "segmentation": (
        LabelSpec("organ", "99PHANTOM:1", "segment", "one"),
        LabelSpec("lesion", "99PHANTOM:2", "segment", "many"),
    ),
    "detection": (LabelSpec("cell", "99PHANTOM:3", "box"), LabelSpec("grain", "99PHANTOM:4", "box")),
}


def make_phantom(
    out_dir: Path, task: Task = "segmentation", train: int = 5, val: int = 2, test: int = 6, seed: int = 0
) -> Dataset:
    """Write a data set folder and return what `dataset.json` says. The same arguments give the same bytes."""
    out_dir.mkdir(parents=True, exist_ok=True)
    counts: dict[Side, int] = {"train": train, "val": val, "test": test}
    sides = [side for side, count in counts.items() for _ in range(count)]
    make = _volume_case if task == "segmentation" else _image_case
    cases = tuple(make(out_dir, f"{task[:3]}{k:03d}", side, [seed, k]) for k, side in enumerate(sides))
    dataset = Dataset(_LABELS[task], cases)
    dataset = Dataset(dataset.labels, dataset.cases, dataset_digest(dataset))
    dataset.write(out_dir / "dataset.json")
    return dataset


def _volume_case(out_dir: Path, name: str, side: Side, seed: list[int]) -> DatasetCase:
    generator = np.random.default_rng(seed)
    n = SIDE_VOXELS
    grid = np.stack(np.meshgrid(*[np.arange(n, dtype=np.float32)] * 3, indexing="ij"))
    radii = generator.uniform(4.0, 6.5, 3)
    organ = _ellipsoid(grid, generator.uniform(7, n - 7, 3), radii)
    dark = _ellipsoid(grid, generator.uniform(4, n - 4, 3), generator.uniform(3, 5, 3)) & ~organ
    lesion = np.zeros_like(organ)
    for _ in range(int(generator.integers(0, 4))):
        lesion |= _ellipsoid(grid, generator.uniform(3, n - 3, 3), np.full(3, generator.uniform(1.5, 2.5)))
    image = 1.0 + 1.0 * organ - 0.7 * dark
    image = np.where(lesion, 3.5, image) + generator.normal(0, 0.25, organ.shape)
    image = image * generator.uniform(200, 900)
    axes = _ORIENTATIONS[seed[-1] % 3]
    affine = np.zeros((4, 4))
    affine[3, 3] = 1.0
    for k, axis in enumerate(axes):  # array axis k runs along canonical axis `axis` (0 superior, 1 posterior, 2 left)
        affine[2 - axis, 2 - k] = SPACING_MM
    paths = {"organ": organ.transpose(axes), "lesion": lesion.transpose(axes)}
    np.save(out_dir / f"{name}.npy", image.transpose(axes)[None].astype(np.float32))
    status, mask_paths = {}, {}
    for key, mask in paths.items():
        status[key] = "marked" if mask.any() else "searched_none"
        if mask.any():
            mask_paths[key] = f"{name}-{key}.npy"
            np.save(out_dir / mask_paths[key], mask)
    rows = tuple(tuple(float(v) for v in row) for row in affine)
    return DatasetCase(name, name, side, f"{name}.npy", rows, (SPACING_MM,) * 3, "MR", status, mask_paths)


def _ellipsoid(grid: NDArray[np.float32], centre: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.bool_]:
    shape = (3,) + (1,) * (grid.ndim - 1)
    inside: NDArray[np.bool_] = (((grid - centre.reshape(shape)) / radii.reshape(shape)) ** 2).sum(axis=0) <= 1
    return inside


def _image_case(out_dir: Path, name: str, side: Side, seed: list[int]) -> DatasetCase:
    generator = np.random.default_rng(seed)
    n = SIDE_PIXELS
    rows, columns = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    image = np.full((3, n, n), 210.0) + generator.normal(0, 8, (3, n, n))
    boxes = []
    kinds = ["cell"] * int(generator.integers(1, 3)) + ["grain"] * int(generator.integers(0, 4))
    for key in kinds:
        radius = int(generator.integers(12, 17) if key == "cell" else generator.integers(4, 7))
        y, x = (int(v) for v in generator.integers(radius, n - radius, 2))
        disc = (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
        colour = (120.0, 60.0, 160.0) if key == "cell" else (70.0, 170.0, 80.0)
        image[:, disc] = np.array(colour)[:, None] + generator.normal(0, 8, (3, int(disc.sum())))
        boxes.append(Box(key, (0, y - radius, x - radius), (1, y + radius + 1, x + radius + 1)))
    np.save(out_dir / f"{name}.npy", np.clip(image, 0, 255).astype(np.uint8)[:, None])
    found = {box.label_key for box in boxes}
    status = {key: "marked" if key in found else "searched_none" for key in ("cell", "grain")}
    identity = tuple(tuple(float(v) for v in row) for row in np.eye(4))
    return DatasetCase(name, name, side, f"{name}.npy", identity, (1.0, 1.0, 1.0), "XC", status, {}, tuple(boxes))
