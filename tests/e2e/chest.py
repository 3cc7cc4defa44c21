"""Small made-up chest radiographs with at most one bright round opacity: quick to read, paint and learn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from tests.loop.readers import Truth
from tests.phantoms import write_cr_image

SIDE_PX = 96  # an epoch of a small U-Net takes a second
DRAWN_SIDE = 160.0  # the drawing's own units
NORMAL_EVERY = 4


@dataclass(frozen=True)
class Chest:
    """One image. `centre_yx` and `radius_px` say where the opacity is; None for a normal one."""

    path: Path
    study_uid: str
    centre_yx: tuple[float, float] | None
    radius_px: float

    @property
    def truth(self) -> Truth:
        if self.centre_yx is None:
            return Truth()
        rows, columns = np.indices((SIDE_PX, SIDE_PX))
        disc = np.hypot(rows - self.centre_yx[0], columns - self.centre_yx[1]) <= self.radius_px
        return Truth(masks={"opacity": [disc[None]]})


def write_chests(folder: Path, count: int, *, seed: int = 5) -> list[Chest]:
    """`count` patients with one image each; every fourth is normal. Same seed, same files."""
    return [_write(folder, number, np.random.default_rng([seed, number])) for number in range(count)]


def _write(folder: Path, number: int, rng: np.random.Generator) -> Chest:
    values, lungs = _thorax(rng)
    centre, radius = None, 0.0
    if number % NORMAL_EVERY != NORMAL_EVERY - 1:
        side = lungs[int(rng.integers(2))]
        scale = SIDE_PX / DRAWN_SIDE
        centre = ((side[0] + rng.uniform(-22, 22)) * scale, (side[1] + rng.uniform(-7, 7)) * scale)
        radius = float(rng.uniform(9, 14)) * scale
        rows, columns = np.indices(values.shape)
        edge = np.clip(radius + 0.5 - np.hypot(rows - centre[0], columns - centre[1]), 0, 1)
        values = values + edge * 1300
    values = gaussian_filter(values, 0.6) + rng.normal(0, 45, values.shape)
    written = write_cr_image(
        folder / f"chest{number:02d}",
        patient_id=f"CHEST-{number:02d}",
        shape_yx=values.shape,
        volume=np.clip(values, 0, 4095)[None],
        seed=number,
        extra={
            "StudyDescription": "Chest PA",
            "SeriesDescription": "PA",
            "StudyDate": f"202601{number % 28 + 1:02d}",
            "PatientSex": "FM"[number % 2],
        },
    )
    return Chest(written.files[0], written.study_uid, centre, radius)


def _thorax(rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """A grey body, two dark lungs with ribs, a bright middle; returns the values and the lungs' centres as drawn."""
    rows, columns = np.indices((SIDE_PX, SIDE_PX)) * (DRAWN_SIDE / SIDE_PX)
    values = np.full((SIDE_PX, SIDE_PX), 200.0)
    body = ((columns - 80) / 74) ** 4 + ((rows - 90) / 92) ** 4 < 1
    values[body] = 1900
    lungs = []
    for sign in (-1, 1):
        row, column = 82 + rng.uniform(-4, 4), 80 + sign * (36 + rng.uniform(-2, 2))
        lung = ((rows - row) / 56) ** 2 + ((columns - column) / 25) ** 2 < 1
        values[lung] = 800
        for rib in range(9):
            height = 28 + rib * 13 + 0.004 * (columns - column) ** 2 * 6
            values[lung & (np.abs(rows - height) < 2)] += 260
        lungs.append((row, column))
    values[body & (np.abs(columns - 80) < 8)] = 2400
    heart = ((rows - 112) / 26) ** 2 + ((columns - 92) / 24) ** 2 < 1
    values[heart] = 2300
    texture = gaussian_filter(rng.normal(0, 1, values.shape), 3)
    return gaussian_filter(values, 0.8) * rng.uniform(0.92, 1.08) + texture / texture.std() * 60, lungs
