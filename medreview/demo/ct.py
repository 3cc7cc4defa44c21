"""A computed CT of a thorax in true Hounsfield units: something to scroll, window and measure.

Not a patient and not an atlas: ellipses, tubes and noise arranged so that lung, soft-tissue and bone windows each show
what they should, with right and left, front and back clearly different (heart and stomach left, liver right, spine
behind). World is LPS millimetres; z = 0 is the lowest slice, about the dome of the liver; the lung's top is near 290.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from medreview.demo.deform import smooth_noise
from medreview.demo.mr import Box

MATRIX = 512
PIXEL_MM = 0.7
HEIGHT_MM = 300.0

Plane = NDArray[np.floating[Any]]

AIR, LUNG, FAT, MUSCLE, LIVER, BLOOD, CONTRAST, MARROW, CORTEX = (
    -1000.0, -860.0, -100.0, 55.0, 105.0, 45.0, 290.0, 260.0, 850.0,
)  # fmt: skip
NODULE_HU = 35.0


@dataclass(frozen=True)
class Nodule:
    """A ball of soft tissue in the lung; centre and radius in millimetres, LPS."""

    centre_lps: tuple[float, float, float]
    radius_mm: float


NODULES = (
    Nodule((-88.0, 20.0, 176.0), 7.5),
    Nodule((-66.0, -48.0, 118.0), 4.0),
    Nodule((96.0, 34.0, 204.0), 11.0),
    Nodule((74.0, 62.0, 92.0), 5.5),
    Nodule((-60.0, 14.0, 248.0), 3.0),
)


@lru_cache(maxsize=1)
def _plane_mm() -> tuple[Plane, Plane]:
    """x (1, 512) and y (512, 1) of the pixel centres, millimetres, zero in the middle.

    Left open on purpose: shapes here are mostly sums of a function of x and one of y, which broadcasting makes cheap.
    """
    axis = ((np.arange(MATRIX) - (MATRIX - 1) / 2) * PIXEL_MM).astype(np.float32)
    return axis[None, :], axis[:, None]


def slice_positions_mm(slice_count: int) -> NDArray[np.float64]:
    """z of each slice centre: `slice_count` slices evenly over the 300 mm."""
    return np.asarray((np.arange(slice_count) + 0.5) * (HEIGHT_MM / slice_count), dtype=np.float64)


def affine_lps(slice_count: int) -> NDArray[np.float64]:
    """4x4, (column, row, slice) to LPS mm, for `slice_count` slices."""
    affine = np.diag([PIXEL_MM, PIXEL_MM, HEIGHT_MM / slice_count, 1.0])
    affine[:2, 3] = -(MATRIX - 1) / 2 * PIXEL_MM
    affine[2, 3] = slice_positions_mm(slice_count)[0]
    return affine


def thorax_slice(z_mm: float, seed: int) -> NDArray[np.int16]:
    """One slice of the thorax, (512, 512) int16 HU; the noise depends on `seed` and the position only."""
    x, y = _plane_mm()
    body = _body(x, y, z_mm)
    image = np.where(body < 1, FAT, AIR).astype(np.float32)
    image[_muscle(x, y, z_mm, body)] = MUSCLE
    chest = _chest(x, y, z_mm)
    image[chest < 1.0] = MUSCLE - 5
    lung = _lung(x, y, z_mm, chest, seed)
    image = np.where(np.isnan(lung), image, lung)
    _draw_abdomen(image, x, y, z_mm, chest)
    _draw_mediastinum(image, x, y, z_mm)
    skin = image[body > 0.97]
    _draw_bones(image, x, y, z_mm)
    image[body > 0.97] = skin
    for nodule in NODULES:
        image[_ball(x, y, z_mm, nodule)] = NODULE_HU
    image[_table(x, y)] = -250.0
    rng = np.random.default_rng([seed, round(z_mm * 100), 512])
    image = ndimage.gaussian_filter(image, 0.8)
    grain = smooth_noise(rng, image.shape, 0.7)
    image += grain * np.where(body < 1.02, 13.0, 6.0)
    return np.asarray(np.clip(np.rint(image), -1024, 3071), dtype=np.int16)


def nodule_truth(slice_count: int) -> tuple[NDArray[np.bool_], tuple[Box, ...]]:
    """Mask `zyx` of all nodules and one half-open box each (z0, y0, x0, z1, y1, x1)."""
    x, y = _plane_mm()
    positions = slice_positions_mm(slice_count)
    mask = np.zeros((slice_count, MATRIX, MATRIX), bool)
    boxes: list[Box] = []
    for nodule in NODULES:
        touched = np.flatnonzero(np.abs(positions - nodule.centre_lps[2]) < nodule.radius_mm)
        balls = {int(k): _ball(x, y, float(positions[k]), nodule) for k in touched}
        balls = {k: ball for k, ball in balls.items() if ball.any()}
        if not balls:
            continue
        for k, ball in balls.items():
            mask[k] |= ball
        shadow = np.logical_or.reduce(list(balls.values()))
        rows, columns = np.flatnonzero(shadow.any(axis=1)), np.flatnonzero(shadow.any(axis=0))
        boxes.append(
            (min(balls), int(rows[0]), int(columns[0]), max(balls) + 1, int(rows[-1]) + 1, int(columns[-1]) + 1)
        )
    return mask, tuple(boxes)


def _ball(x: Plane, y: Plane, z_mm: float, nodule: Nodule) -> NDArray[np.bool_]:
    cx, cy, cz = nodule.centre_lps
    inside: NDArray[np.bool_] = (x - cx) ** 2 + (y - cy) ** 2 + (z_mm - cz) ** 2 < nodule.radius_mm**2
    return inside


def _ellipse(x: Plane, y: Plane, centre: tuple[float, float], half: tuple[float, float], power: float = 2.0) -> Plane:
    """Below 1 inside a (super)ellipse; grows outwards."""
    return np.asarray(np.abs((x - centre[0]) / half[0]) ** power + np.abs((y - centre[1]) / half[1]) ** power)


def _body(x: Plane, y: Plane, z_mm: float) -> Plane:
    """The skin: wide at the bottom, shoulders coming in at the top."""
    shoulder = np.clip((z_mm - 215.0) / 85.0, 0.0, 1.0)
    half = (161.0 + 13.0 * shoulder, 118.0 - 22.0 * shoulder)
    return _ellipse(x, y, (2.0, 0.0), half, 2.35 + 0.3 * shoulder)


def _chest(x: Plane, y: Plane, z_mm: float) -> Plane:
    """The inner wall of the rib cage: narrows towards its top."""
    narrow = 1.0 - 0.52 * (max(z_mm - 150.0, 0.0) / 150.0) ** 2.2
    return _ellipse(x, y, (0.0, 4.0), (136.0 * narrow, 88.0 * (0.35 + 0.65 * narrow)), 2.25)


def _muscle(x: Plane, y: Plane, z_mm: float, body: Plane) -> NDArray[np.bool_]:
    """Chest wall, back and pectoral muscles: everything under the fat that is not chest."""
    wall = _chest(x * 0.91, y * 0.88, z_mm) < 1.0
    back = (np.abs(np.abs(x) - 36.0) < 31.0) & (y > 62.0)
    chest_muscle = (_ellipse(np.abs(x), y, (72.0, -78.0), (50.0, 15.0)) < 1.0) & (z_mm > 150.0)
    shoulder = (_ellipse(np.abs(x), y, (128.0, 14.0), (34.0, 50.0)) < 1.0) & (z_mm > 205.0)
    inside: NDArray[np.bool_] = (wall | back | chest_muscle | shoulder) & (body < 0.86)
    return inside


def _diaphragm_mm(x: Plane, y: Plane) -> Plane:
    """Height of the diaphragm: higher on the right, falling steeply towards the back and the sides."""
    right = 78.0 - ((x + 62.0) / 62.0) ** 2 * 38.0 - ((y + 12.0) / 70.0) ** 2 * 42.0
    left = 60.0 - ((x - 66.0) / 58.0) ** 2 * 34.0 - ((y + 8.0) / 70.0) ** 2 * 42.0
    return np.maximum(right, left)


def _lung(x: Plane, y: Plane, z_mm: float, chest: Plane, seed: int) -> Plane:
    """HU of lung with its vessels, NaN where there is no lung."""
    side = np.abs(x)
    # Half width of the mediastinum: widest at the lung roots, nearly closed behind the breastbone.
    wide = 0.62 + 0.38 * np.exp(-(((z_mm - 158.0) / 46.0) ** 2)) + 0.3 * np.exp(-(((z_mm - 300.0) / 40.0) ** 2))
    middle = 9.0 + wide * (27.0 + np.where(x > 0, 6.0, 0.0)) * np.exp(-(((y - 2.0) / 46.0) ** 4))
    aerated = (chest < 0.93) & (side > middle) & (np.hypot(x / 1.15, y - 62.0) > 22.0)
    aerated &= (_diaphragm_mm(x, y) < z_mm) & (z_mm < 287.0)
    first, second = (plane[aerated] for plane in _vessel_field(seed, z_mm))
    to_hilum = np.hypot(side - 34.0, y - 4.0)[aerated] / 100.0 + abs(z_mm - 165.0) / 260.0
    caliber = np.clip(0.36 - 0.24 * to_hilum, 0.07, 0.34)
    vessel = np.exp(-np.square((first * first + second * second) / (caliber * caliber)))
    gravity = 40.0 * (np.broadcast_to(y, aerated.shape)[aerated] / 90.0)  # dependent lung is denser
    hu = np.full(aerated.shape, np.nan, np.float32)
    hu[aerated] = (LUNG + gravity + 14.0 * second) * (1 - vessel) + 60.0 * vessel
    return hu


_VESSEL_STEP_MM = 5.5


@lru_cache(maxsize=1)
def _vessel_volumes(seed: int) -> NDArray[np.float32]:
    """Two smooth noise volumes, (2, Z, Y, X) every 5.5 mm; where both are near zero runs a curved tube."""
    rng = np.random.default_rng([seed, 7])
    size = _vessel_size()
    return smooth_noise(rng, (2, int(HEIGHT_MM / _VESSEL_STEP_MM) + 4, size, size), (0.0, 1.5, 1.1, 1.1))


@lru_cache(maxsize=1)
def _spread_matrix() -> sparse.csr_array:
    """(512, coarse) cubic B-spline weights that take a coarse row of vessel noise to a row of pixels.

    Sparse, four weights a row: faster than a dense product, and no linear algebra library wakes its threads.
    """
    where = np.arange(MATRIX) * (PIXEL_MM / _VESSEL_STEP_MM) + 1.0
    away = np.abs(where[:, None] - np.arange(_vessel_size())[None, :])
    near = 2 / 3 - away**2 + away**3 / 2
    far = np.clip(2 - away, 0, None) ** 3 / 6
    return sparse.csr_array(np.where(away < 1, near, far).astype(np.float32))


def _vessel_size() -> int:
    return int(MATRIX * PIXEL_MM / _VESSEL_STEP_MM) + 4


def _vessel_field(seed: int, z_mm: float) -> tuple[Plane, Plane]:
    volumes = _vessel_volumes(seed)
    height = z_mm / _VESSEL_STEP_MM
    low = int(height)
    coarse = volumes[:, low] * (1 - (height - low)) + volumes[:, low + 1] * (height - low)
    spread = _spread_matrix()
    return (spread @ (spread @ coarse[0]).T).T, (spread @ (spread @ coarse[1]).T).T


def _draw_abdomen(image: Plane, x: Plane, y: Plane, z_mm: float, chest: Plane) -> None:
    """Liver, stomach with its air bubble, spleen: what lies under the diaphragm."""
    under = (chest < 0.93) & (_diaphragm_mm(x, y) >= z_mm) & (np.hypot(x, y - 58) > 28)
    liver = x < 26.0 - 0.25 * z_mm - 0.75 * y + 0.004 * y**2
    image[under & liver] = LIVER
    image[under & ~liver] = FAT
    stomach = under & (_ellipse(x, y, (70.0, -20.0), (44.0, 40.0)) < 1.0) & ~liver
    image[stomach] = 35.0
    image[stomach & (_ellipse(x, y, (70.0, -20.0), (40.0, 36.0)) < 1.0) & (y < -22.0)] = AIR + 20  # air rises
    image[under & (_ellipse(x, y, (98.0, 42.0), (24.0, 36.0)) < 1.0)] = 125.0


def _draw_mediastinum(image: Plane, x: Plane, y: Plane, z_mm: float) -> None:
    """Heart with contrast in its chambers, great vessels, trachea and main bronchi, oesophagus."""
    fat = (_chest(x, y, z_mm) < 0.90) & (image == MUSCLE - 5) & (y < 56.0)
    image[fat] = FAT + 12
    _draw_heart(image, x, y, z_mm)
    image[np.hypot(x - 20.0, y - 44.0) < (12.5 if z_mm < 205.0 else 0.0)] = CONTRAST  # descending aorta
    if 145.0 < z_mm < 205.0:
        image[np.hypot(x + 12.0, y + 24.0) < 15.5] = CONTRAST  # ascending aorta
        image[np.hypot(x + 36.0, y + 12.0) < 9.0] = CONTRAST + 160  # superior vena cava, undiluted contrast
    if abs(z_mm - 205.0) < 20.0:  # arch: from front right to back left, highest in its middle
        along = np.clip(((x + 12.0) * 32.0 + (y + 24.0) * 68.0) / (32.0**2 + 68.0**2), 0.0, 1.0)
        aside = np.hypot(x + 12.0 - 32.0 * along, y + 24.0 - 68.0 * along)
        height = z_mm - 203.0 - 8.0 * np.sin(np.pi * along)
        image[np.hypot(aside, height) < 12.5] = CONTRAST
    if z_mm >= 222.0:
        for cx, cy, radius in ((-16.0, -16.0, 6.5), (10.0, -8.0, 4.5), (22.0, 10.0, 5.0), (-36.0, -10.0, 8.0)):
            image[np.hypot(x - cx, y - cy) < radius] = CONTRAST
    flat = 1.0 - ((z_mm - 164.0) / 15.0) ** 2
    if flat > 0.0:
        trunk = (34.0 * flat**0.5, 12.0 * flat**0.5)
        image[_ellipse(x, y, (20.0, -14.0), trunk) < 1.0] = CONTRAST + 20  # pulmonary trunk and arteries
    image[np.hypot((x - 6.0) / 1.3, y - 34.0) < 6.0] = BLOOD - 10  # oesophagus
    image[np.hypot(x - 6.0, (y - 34.0) * 1.6) < 2.2] = -700.0
    apart = max(178.0 - z_mm, 0.0) * 0.85  # the trachea divides at 178 mm
    if z_mm > 142.0:
        for cx in {-apart, apart}:
            image[np.hypot(x - cx, y - 16.0) < (10.5 if apart == 0 else 8.0)] = MUSCLE
            image[np.hypot(x - cx, y - 16.0) < (9.0 if apart == 0 else 6.3)] = AIR + 15


def _draw_heart(image: Plane, x: Plane, y: Plane, z_mm: float) -> None:
    size2 = 1.0 - ((z_mm - 104.0) / 52.0) ** 2
    if size2 <= 0.0:
        return
    size = float(np.sqrt(size2))
    u = (x - 24.0) * 0.78 + (y + 26.0) * -0.62  # along the heart's long axis, towards the left front
    v = (x - 24.0) * 0.62 + (y + 26.0) * 0.78
    image[_ellipse(u, v, (0.0, 0.0), (70.0 * size, 53.0 * size)) < 1.0] = FAT
    image[_ellipse(u, v, (0.0, 0.0), (65.0 * size, 48.0 * size)) < 1.0] = 95.0
    image[_ellipse(u, v, (16.0, 15.0), (35.0 * size, 15.0 * size)) < 1.0] = CONTRAST + 30  # left ventricle
    image[_ellipse(u, v, (14.0, -20.0), (36.0 * size, 15.0 * size)) < 1.0] = CONTRAST - 120  # right ventricle
    image[_ellipse(u, v, (-38.0, -12.0), (17.0 * size, 22.0 * size)) < 1.0] = CONTRAST - 90  # right atrium
    image[_ellipse(u, v, (-36.0, 26.0), (20.0 * size, 16.0 * size)) < 1.0] = CONTRAST + 10  # left atrium


def _draw_bones(image: Plane, x: Plane, y: Plane, z_mm: float) -> None:
    """Ribs that run down from the spine to the front, vertebrae with discs between them, sternum, shoulder blades."""
    _draw_ribs(image, x, y, z_mm)
    phase = (z_mm % 24.0) / 24.0
    body = _ellipse(x, y, (0.0, 61.0), (18.5, 14.5), 2.4)
    if phase < 0.2:
        image[body < 0.92] = 85.0  # disc
    else:
        is_end_plate = phase < 0.27 or phase > 0.94
        image[body < 1.0] = CORTEX - 150
        image[body < 0.82] = CORTEX - 250 if is_end_plate else MARROW - 40
    arch = (np.hypot(x, y - 81.0) < 15.5) & (np.hypot(x, y - 81.0) > 10.0)
    spine = (np.abs(x) < 3.5) & (y > 93.0) & (y < 93.0 + 15.0 * min(1.0, 2.5 * phase * (1.2 - phase) + 0.2))
    wings = (np.abs(y - 83.0 - 0.12 * np.abs(x)) < 4.5) & (np.abs(x) < 34.0) & (np.abs(x) > 11.0)
    posterior = arch | spine | (wings & (0.3 < phase < 0.7))
    image[posterior] = CORTEX - 350
    image[np.hypot(x, y - 81.0) < 9.5] = 30.0  # canal
    if z_mm > 95.0:
        _draw_plate(image, _ellipse(x, y, (0.0, -(92.0 - 0.2 * max(z_mm - 150, 0))), (20.0, 6.5), 2.6))
    if z_mm > 165.0:
        lean = np.abs(x) * 0.55
        _draw_plate(image, _ellipse(np.abs(x), y + lean, (98.0, 62.0 + 54.0), (32.0, 4.6)))


def _draw_plate(image: Plane, shape: Plane) -> None:
    image[shape < 1.0] = CORTEX - 200
    image[shape < 0.55] = MARROW - 80


def _draw_ribs(image: Plane, x: Plane, y: Plane, z_mm: float) -> None:
    wall = np.sqrt(_chest(x, y, z_mm))
    from_back = np.arctan2(np.abs(x), y - 10.0)  # 0 at the spine, pi at the breastbone
    drop_mm = 62.0 * (1.0 - np.cos(from_back * 0.9)) / 2.0 + np.where(x > 0, 3.0, 0.0)
    height = (z_mm + drop_mm) % 24.0 - 12.0
    shape = ((wall - 1.045) / 0.052) ** 2 + (height / 6.2) ** 2
    bony = (np.abs(x) > 16.0) & (from_back < 2.45)
    image[(shape < 1.0) & bony] = CORTEX - 100
    image[(shape < 0.42) & bony] = MARROW
    image[(shape < 1.0) & (np.abs(x) > 16.0) & (from_back >= 2.45)] = 110.0  # costal cartilage


def _table(x: Plane, y: Plane) -> NDArray[np.bool_]:
    curve = 128.0 - (x / 180.0) ** 2 * 14.0
    shell: NDArray[np.bool_] = (np.abs(y - curve) < 1.6) | (np.abs(y - curve - 20.0) < 1.2)
    return shell
