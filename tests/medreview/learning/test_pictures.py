from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from medreview.learning.pictures import FOUND_COLOUR, LONGEST_SIDE_PX, draw, fill_boxes, slice_to_show


def test_a_picture_has_square_pixels_and_both_outlines(tmp_path: Path) -> None:
    image = np.random.default_rng(0).normal(size=(1, 20, 40))
    reference, found = np.zeros((20, 40), bool), np.zeros((20, 40), bool)
    reference[2:8, 2:8], found[10:16, 20:30] = True, True
    draw(image, reference, found, (2.0, 1.0), tmp_path / "a" / "x.png")
    pixels = np.asarray(Image.open(tmp_path / "a" / "x.png"))
    assert pixels.shape == (LONGEST_SIDE_PX, LONGEST_SIDE_PX, 3)
    orange = np.argwhere((pixels == FOUND_COLOUR).all(axis=-1))
    assert orange.min(axis=0).tolist() == [160, 160]
    assert orange.max(axis=0).tolist() == [255, 239]
    assert not (pixels[200, 180] == FOUND_COLOUR).all(), "only the outline is drawn"


def test_the_slice_with_most_reference_voxels_is_shown_else_with_most_found_ones() -> None:
    empty = np.zeros((5, 4, 4), bool)
    reference, found = empty.copy(), empty.copy()
    reference[3, :2], found[1, :] = True, True
    assert slice_to_show(reference, found) == 3
    assert slice_to_show(empty, found) == 1
    assert slice_to_show(empty, empty) == 2


def test_boxes_become_masks() -> None:
    mask = fill_boxes([((0, 1, 1), (1, 3, 4))], (2, 5, 5))
    assert mask.sum() == 6
    assert mask[0, 2, 3]
    assert not mask[1].any()
