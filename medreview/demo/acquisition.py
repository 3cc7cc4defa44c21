"""How a demo patient was scanned: scanner, orientation, spacing, field of view, and the resulting grid.

A `ScanGrid` is in the patient's LPS space, zero-based voxel centres. Slices are in order of position along the normal
(row direction x column direction, ascending); the order in which they were acquired is kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HEAD_CENTRE_LPS = np.array([0.0, 18.0, 4.0])  # middle of the template's head
_FIELD_OF_VIEW_LPS_MM = np.array([194.0, 230.0, 210.0])


@dataclass(frozen=True)
class Scanner:
    """A make of scanner: what it calls itself and how its pictures differ."""

    manufacturer: str
    model: str
    station: str
    field_tesla: float
    white_matter_level: float  # stored value of white matter, about
    noise: float  # relative to white matter
    bias: float  # strength of the slow shading


SCANNERS = (
    Scanner("Demo Imaging", "Alder 1.5", "MR-EAST", 1.5, 620.0, 0.045, 0.10),
    Scanner("Synthetic Systems", "Birch 3T", "MR-WEST", 3.0, 1150.0, 0.028, 0.17),
    Scanner("Phantom Works", "Cedar 3T Plus", "MR-NORTH", 3.0, 1800.0, 0.034, 0.14),
)

# Row and column direction, LPS. Each is a legal way to store the same head.
_ORIENTATIONS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "axial": ((1, 0, 0), (0, 1, 0)),
    "sagittal": ((0, 1, 0), (0, 0, -1)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
    "axial_flipped": ((-1, 0, 0), (0, 1, 0)),
}
# Most are axial, as in a clinic; the cycle makes even a cohort of six contain every kind.
_ORIENTATION_CYCLE = (
    "axial", "axial", "sagittal", "axial", "coronal", "axial_flipped", "axial", "axial", "sagittal", "axial",
)  # fmt: skip


@dataclass(frozen=True)
class ScanGrid:
    """Voxel grid of one series.

    `shape_zyx` slices, rows, columns; `spacing_mm` the same order; `affine_lps` 4x4, (column, row, slice) to LPS mm;
    `is_reversed` says that instance numbers run against the normal.
    """

    orientation: str
    shape_zyx: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    affine_lps: NDArray[np.float64]
    is_reversed: bool

    def points_lps(self) -> NDArray[np.float64]:
        """Centres of all voxels, (3, N), in the C order of a `zyx` array."""
        z, y, x = np.indices(self.shape_zyx).reshape(3, -1)
        points: NDArray[np.float64] = self.affine_lps[:3, :3] @ np.stack([x, y, z]) + self.affine_lps[:3, 3:]
        return points


@dataclass(frozen=True)
class Pose:
    """Where the head lay in the scanner: `head_lps = rotation @ (scanner_lps - offset)`."""

    rotation: NDArray[np.float64]
    offset_lps: NDArray[np.float64]

    def to_head(self, points_lps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (3, N) of the scanner's LPS space in the head's own."""
        moved: NDArray[np.float64] = self.rotation @ (points_lps - self.offset_lps[:, None])
        return moved


def draw_pose(rng: np.random.Generator) -> Pose:
    """A head tilted by up to 6 degrees and lying up to 25 mm off the scanner's centre."""
    return Pose(rotation=rotation_matrix(rng, 6.0), offset_lps=rng.uniform(-25.0, 25.0, size=3))


def draw_grid(rng: np.random.Generator, patient_number: int, pose: Pose) -> ScanGrid:
    """The grid of one series: orientation and slice order by the patient's number, the rest at random."""
    orientation = _ORIENTATION_CYCLE[patient_number % len(_ORIENTATION_CYCLE)]
    in_plane = float(np.round(rng.uniform(1.9, 2.2), 3))
    # Every fifth scanner protocol has pixels that are not square.
    ratio = 1.0 if patient_number % 5 else 1.08
    slice_mm = float(np.round(rng.uniform(2.0, 3.0), 2))
    spacing_xyz = np.array([in_plane, float(np.round(in_plane * ratio, 3)), slice_mm])

    row, column = (np.array(direction, dtype=np.float64) for direction in _ORIENTATIONS[orientation])
    axes = np.stack([row, column, np.cross(row, column)], axis=1)
    if patient_number % 3 == 1:
        axes = rotation_matrix(rng, 12.0) @ axes  # an oblique plan
    extent_mm = np.abs(np.stack([row, column, np.cross(row, column)])) @ _FIELD_OF_VIEW_LPS_MM
    size_xyz = [int(2 * np.ceil(extent_mm[axis] / spacing_xyz[axis] / 2)) for axis in range(3)]

    linear = axes * spacing_xyz
    centre_lps = pose.offset_lps + pose.rotation.T @ HEAD_CENTRE_LPS
    affine = np.eye(4)
    affine[:3, :3] = linear
    affine[:3, 3] = centre_lps - linear @ ((np.array(size_xyz) - 1) / 2)
    return ScanGrid(
        orientation=orientation if patient_number % 3 != 1 else f"{orientation}_oblique",
        shape_zyx=(size_xyz[2], size_xyz[1], size_xyz[0]),
        spacing_mm=(float(spacing_xyz[2]), float(spacing_xyz[1]), float(spacing_xyz[0])),
        affine_lps=affine,
        is_reversed=patient_number % 4 == 3,
    )


def rotation_matrix(rng: np.random.Generator, max_degrees: float) -> NDArray[np.float64]:
    """Rotation about a random axis by an angle between 0 and `max_degrees` (Rodrigues' formula)."""
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    angle = np.deg2rad(rng.uniform(0.0, max_degrees))
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    matrix: NDArray[np.float64] = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    return matrix
