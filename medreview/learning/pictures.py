"""Small pictures of a test case: what the reference says and what a model found, for the page that compares models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

LONGEST_SIDE_PX = 320
REFERENCE_COLOUR = (255, 255, 255)
FOUND_COLOUR = (255, 159, 46)
Extent = tuple[tuple[int, ...], tuple[int, ...]]


def slice_to_show(reference: NDArray[np.bool_], found: NDArray[np.bool_]) -> int:
    """Index z of the slice with most reference voxels, else with most found ones, else the middle. Both `(Z, Y, X)`."""
    for mask in (reference, found):
        counts = mask.reshape(len(mask), -1).sum(axis=1)
        if counts.any():
            return int(counts.argmax())
    return len(reference) // 2


def fill_boxes(boxes: Sequence[Extent], shape_zyx: Sequence[int]) -> NDArray[np.bool_]:
    """Half-open boxes as a mask `(Z, Y, X)`, so that boxes are drawn as masks are."""
    mask = np.zeros(tuple(shape_zyx), dtype=bool)
    for start, stop in boxes:
        mask[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))] = True
    return mask


def draw(
    image: NDArray[Any],
    reference: NDArray[np.bool_],
    found: NDArray[np.bool_],
    spacing_mm: Sequence[float],
    path: Path,
) -> None:
    """Write a PNG of one slice: grey image `(C, Y, X)`, outlines of `reference` (white) and `found` (orange) `(Y, X)`.

    `spacing_mm` is `(row, column)`; the picture has square pixels.
    """
    picture = Image.fromarray(_grey(image)).convert("RGB")
    height, width = image.shape[-2] * spacing_mm[0], image.shape[-1] * spacing_mm[1]
    scale = LONGEST_SIDE_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = picture.resize(size, Image.Resampling.BILINEAR)
    pen = ImageDraw.Draw(picture)
    for mask, colour in ((reference, REFERENCE_COLOUR), (found, FOUND_COLOUR)):
        for y, x in np.argwhere(_outline(mask, size)):
            pen.point((int(x), int(y)), fill=colour)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, format="PNG")


def _grey(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Values between the 1st and 99th percentile as 0..255; colours by their mean."""
    plane = np.asarray(image, dtype=np.float64).mean(axis=0)
    low, high = np.percentile(plane, [1, 99])
    scaled = np.clip((plane - low) / max(high - low, 1e-9), 0.0, 1.0)
    return np.asarray(np.round(scaled * 255), dtype=np.uint8)


def _outline(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """The border of a mask after it was scaled to `size` (width, height)."""
    scaled = np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.NEAREST)) > 0
    return np.asarray(scaled & ~ndimage.binary_erosion(scaled, border_value=0), dtype=bool)
