"""Small data sets for tests in the forms people bring: NIfTI pairs, COCO and VOC folders, images with masks.

Boxes are kept as the file states them, so that an importer's conversion is what gets tested.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import nibabel as nib
import numpy as np
from PIL import Image

from tests.phantoms import ball, make_affine, marker_volume

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
CATEGORIES = ("disc", "square")


@dataclass(frozen=True)
class NiftiCase:
    """An image and its label map: `volume` float32 and `labels` uint8 `zyx`, `affine_lps` as in `tests.phantoms`."""

    image: Path
    label: Path
    volume: np.ndarray
    labels: np.ndarray
    affine_lps: np.ndarray


@dataclass(frozen=True)
class ImageFolder:
    """2D pictures with boxes and masks, keyed by file name.

    `boxes[name]` lists (category, x0, y0, x1, y1) in pixels, half-open; `masks[name]` uint8 `yx`: 0, or 1 + the index
    in CATEGORIES; `patients[name]` the patient, where the form of the folder can say it. `annotations` is a file
    (COCO) or a folder (VOC).
    """

    folder: Path
    images: tuple[Path, ...]
    annotations: Path
    boxes: dict[str, list[tuple[str, int, int, int, int]]]
    masks: dict[str, np.ndarray]
    patients: dict[str, str]


def write_nifti_case(
    folder: Path,
    name: str = "case_001",
    *,
    shape_zyx: tuple[int, int, int] = (10, 24, 20),
    spacing_mm: tuple[float, float, float] = (3.0, 1.5, 1.0),
    orientation: str = "oblique",
    origin_lps: Sequence[float] = (-12.0, 8.5, 30.0),
    seed: int = 0,
) -> NiftiCase:
    """`images/<name>.nii.gz` and `labels/<name>.nii.gz` (0, 1 the larger ball, 2 the smaller), affine in RAS."""
    affine_lps = make_affine(spacing_mm, orientation, origin_lps)
    volume = marker_volume(shape_zyx, seed).astype(np.float32)
    rng = np.random.default_rng(seed)
    nz, ny, nx = shape_zyx
    labels = np.zeros(shape_zyx, np.uint8)
    jitter = rng.uniform(-1.0, 1.0, size=3)
    labels[ball(shape_zyx, spacing_mm, (nz * 0.45 + jitter[0], ny * 0.4, nx * 0.45 + jitter[1], 6.0))] = 1
    labels[ball(shape_zyx, spacing_mm, (nz * 0.6, ny * 0.75 + jitter[2], nx * 0.6, 4.0))] = 2
    volume[labels == 1] = 2000
    volume[labels == 2] = 2800
    paths = [folder / kind / f"{name}.nii.gz" for kind in ("images", "labels")]
    for path, array in zip(paths, (volume, labels), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        image = nib.nifti1.Nifti1Image(np.ascontiguousarray(array.transpose(2, 1, 0)), _LPS_TO_RAS @ affine_lps)
        image.header.set_xyzt_units("mm")
        nib.save(image, path)
    return NiftiCase(paths[0], paths[1], volume, labels, affine_lps)


def write_coco_folder(
    folder: Path, *, n: int = 6, size_yx: tuple[int, int] = (96, 128), with_masks: bool = True, seed: int = 0
) -> ImageFolder:
    """`images/*.png`, `coco.json` with boxes (x, y, width, height), patients of two images each, `masks/*.png`."""
    content = _write_images(folder, n, size_yx, seed)
    if with_masks:
        _write_masks(folder / "masks", content.masks)
    document: dict[str, list[dict[str, object]]] = {
        "images": [],
        "annotations": [],
        "categories": [{"id": index + 1, "name": name} for index, name in enumerate(CATEGORIES)],
    }
    for number, path in enumerate(content.images, start=1):
        document["images"].append(
            {
                "id": number,
                "file_name": path.name,
                "width": size_yx[1],
                "height": size_yx[0],
                "patient": content.patients[path.name],
            }
        )
        for category, x0, y0, x1, y1 in content.boxes[path.name]:
            document["annotations"].append(
                {
                    "id": len(document["annotations"]) + 1,
                    "image_id": number,
                    "category_id": CATEGORIES.index(category) + 1,
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "area": (x1 - x0) * (y1 - y0),
                    "iscrowd": 0,
                }
            )
    content.annotations.write_text(json.dumps(document), encoding="utf-8")
    return content


def write_mask_folder(folder: Path, *, n: int = 6, size_yx: tuple[int, int] = (96, 128), seed: int = 0) -> ImageFolder:
    """`images/*.png` and `masks/*.png` of the same names (0, 1 disc, 2 square); no annotation file."""
    content = _write_images(folder, n, size_yx, seed)
    _write_masks(folder / "masks", content.masks)
    return ImageFolder(folder, content.images, folder / "masks", content.boxes, content.masks, content.patients)


def write_voc_folder(folder: Path, *, n: int = 6, size_yx: tuple[int, int] = (96, 128), seed: int = 0) -> ImageFolder:
    """`images/*.png` and `annotations/*.xml`; VOC counts from 1 and includes both ends: xmin = x0 + 1, xmax = x1."""
    content = _write_images(folder, n, size_yx, seed)
    annotations = folder / "annotations"
    annotations.mkdir(parents=True, exist_ok=True)
    for path in content.images:
        root = ElementTree.Element("annotation")
        ElementTree.SubElement(root, "filename").text = path.name
        size = ElementTree.SubElement(root, "size")
        for tag, value in (("width", size_yx[1]), ("height", size_yx[0]), ("depth", 1)):
            ElementTree.SubElement(size, tag).text = str(value)
        for category, x0, y0, x1, y1 in content.boxes[path.name]:
            item = ElementTree.SubElement(root, "object")
            ElementTree.SubElement(item, "name").text = category
            box = ElementTree.SubElement(item, "bndbox")
            for tag, value in (("xmin", x0 + 1), ("ymin", y0 + 1), ("xmax", x1), ("ymax", y1)):
                ElementTree.SubElement(box, tag).text = str(value)
        ElementTree.ElementTree(root).write(annotations / f"{path.stem}.xml", encoding="utf-8")
    return ImageFolder(folder, content.images, annotations, content.boxes, content.masks, content.patients)


def _write_images(folder: Path, n: int, size_yx: tuple[int, int], seed: int) -> ImageFolder:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    images, boxes, masks, patients = [], {}, {}, {}
    for number in range(n):
        rng = np.random.default_rng([seed, number])
        name = f"picture_{number:03d}.png"
        picture = marker_volume((1, *size_yx), seed + number)[0] / 16.0
        mask = np.zeros(size_yx, np.uint8)
        boxes[name] = []
        for index, category in enumerate(CATEGORIES):
            shape, box = _shape(rng, size_yx, category, right_half=index == 1)
            mask[shape] = index + 1
            picture[shape] = 160 + 60 * index
            boxes[name].append((category, *box))
        path = folder / "images" / name
        Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(path)
        images.append(path)
        masks[name], patients[name] = mask, f"patient-{number // 2:02d}"
    return ImageFolder(folder, tuple(images), folder / "coco.json", boxes, masks, patients)


def _shape(
    rng: np.random.Generator, size_yx: tuple[int, int], category: str, *, right_half: bool
) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """A disc or a square wholly in one half of the picture; its mask and half-open box (x0, y0, x1, y1)."""
    half = size_yx[1] // 2
    radius = int(rng.integers(6, min(half, size_yx[0]) // 3))
    cy = int(rng.integers(radius + 1, size_yx[0] - radius - 1))
    cx = int(rng.integers(radius + 1, half - radius - 1)) + (half if right_half else 0)
    y, x = np.indices(size_yx)
    if category == "disc":
        mask = (y - cy) ** 2 + (x - cx) ** 2 <= radius**2
    else:
        mask = (np.abs(y - cy) <= radius) & (np.abs(x - cx) <= radius)
    return mask, (cx - radius, cy - radius, cx + radius + 1, cy + radius + 1)


def _write_masks(folder: Path, masks: dict[str, np.ndarray]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, mask in masks.items():
        Image.fromarray(mask).save(folder / name)
