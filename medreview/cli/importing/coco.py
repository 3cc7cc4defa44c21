"""COCO: one JSON with images, categories and annotations (bbox, polygons or run lengths)."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from medreview.cli.importing.sources import LabelledImage, LabelledSet, Mark, as_dict, find_images
from medreview.core.errors import Invalid


def find_file(root: Path) -> Path | None:
    """The JSON file of `root` (or its `annotations` folder) that looks like COCO."""
    for path in sorted([*root.glob("*.json"), *(root / "annotations").glob("*.json")]):
        document = _load(path)
        if isinstance(document, dict) and "images" in document and "annotations" in document:
            return path
    return None


def read(root: Path) -> LabelledSet:
    path = find_file(root)
    if path is None:
        raise Invalid(f"{root} has no COCO file: a .json with `images`, `annotations` and `categories`.")
    document = as_dict(_load(path), str(path))
    names = {row["id"]: str(row["name"]) for row in document.get("categories", [])}
    by_name: dict[str, list[dict[str, Any]]] = {}
    rows = {row["id"]: row for row in document["images"]}
    for annotation in document["annotations"]:
        if annotation.get("image_id") in rows:
            by_name.setdefault(Path(str(rows[annotation["image_id"]]["file_name"])).name, []).append(annotation)
    listed = {Path(str(row["file_name"])).name: row for row in document["images"]}
    images = []
    for image in find_images(root, without=("masks", "annotations", "labels")):
        row = listed.get(image.name)
        reader = partial(_marks, by_name.get(image.name, []), names, row) if row is not None else None
        images.append(LabelledImage(image, _patient(row), reader))
    return LabelledSet(root, images, list(names.values()))


def patients_of(path: Path) -> dict[str, str]:
    """Image file name to patient, for the images whose row says `patient` or `patient_id`."""
    document = as_dict(_load(path), str(path))
    found = {Path(str(row["file_name"])).name: _patient(row) for row in document.get("images", [])}
    return {name: patient for name, patient in found.items() if patient is not None}


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError):
        return None


def _patient(row: dict[str, Any] | None) -> str | None:
    value = (row or {}).get("patient", (row or {}).get("patient_id"))
    return str(value) if value not in (None, "") else None


def _marks(annotations: list[dict[str, Any]], names: dict[Any, str], row: dict[str, Any] | None) -> list[Mark]:
    size = (int((row or {}).get("height", 0)), int((row or {}).get("width", 0)))
    found = []
    for annotation in annotations:
        if annotation.get("category_id") not in names:
            raise Invalid(f"COCO annotation {annotation.get('id')} names an unknown category.")
        category = names[annotation["category_id"]]
        found.append(Mark(category, box=_box(annotation, size), mask=_mask(annotation.get("segmentation"), size)))
    return found


def _box(annotation: dict[str, Any], size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Half-open pixels that the box touches, inside the image. COCO: x, y, width, height, from the pixel's corner."""
    box = annotation.get("bbox")
    if not box:
        return None
    x, y, width, height = (float(v) for v in box)
    rows, columns = size
    x0, y0 = max(0, round(x)), max(0, round(y))
    x1, y1 = min(columns or 1 << 30, round(x + width)), min(rows or 1 << 30, round(y + height))
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def _mask(segmentation: Any, size: tuple[int, int]) -> NDArray[np.bool_] | None:
    rows, columns = size
    if not segmentation or not rows or not columns:
        return None
    if isinstance(segmentation, dict):
        return _from_counts(segmentation)
    picture = Image.new("1", (columns, rows))
    draw = ImageDraw.Draw(picture)
    for polygon in segmentation:
        points = [(float(x) - 0.5, float(y) - 0.5) for x, y in zip(polygon[0::2], polygon[1::2], strict=True)]
        if len(points) >= 3:
            draw.polygon(points, fill=1)
    return np.asarray(picture, dtype=bool)


def _from_counts(segmentation: dict[str, Any]) -> NDArray[np.bool_]:
    """Uncompressed run lengths: runs of 0 and 1 in column-major order."""
    counts, (rows, columns) = segmentation.get("counts"), segmentation["size"]
    if not isinstance(counts, list):
        raise Invalid("Compressed COCO run lengths are not read; write polygons or uncompressed counts.")
    values = np.repeat(np.arange(len(counts)) % 2, counts).astype(bool)
    if values.size != rows * columns:
        raise Invalid(f"COCO run lengths cover {values.size} pixels of an image of {rows * columns}.")
    return np.ascontiguousarray(values.reshape(columns, rows).T)
