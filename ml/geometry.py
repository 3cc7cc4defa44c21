"""Where voxels are: LPS and RAS, index and world, spacing, order of slices, names of planes. Numpy only.

Arrays and indices are `zyx` (slice, row, column), world points are `xyz` in LPS millimetres; voxel centres, zero-based.
`affine_lps` is 4x4 and maps `(x_index = column, y_index = row, z_index = slice, 1)` to LPS millimetres. This module and
`frontend/src/domain/coordinates.ts` are the only places that convert between the two orders. No pixels here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
PlaneName = Literal["AX", "COR", "SAG", "oblique"]

_FLIP_XY = np.diag([-1.0, -1.0, 1.0, 1.0])
_PLANE_OF_AXIS: tuple[PlaneName, ...] = ("SAG", "COR", "AX")
_LETTERS = (("L", "R"), ("P", "A"), ("S", "I"))


class GeometryError(ValueError):
    """A grid or orientation that cannot be one: singular, not 4x4, not finite."""


def check_affine(affine: ArrayLike) -> Floats:
    """The affine as float64 4x4. Raises GeometryError when it is not 4x4, not finite, or cannot be inverted."""
    matrix = np.asarray(affine, dtype=np.float64)
    if matrix.shape != (4, 4):
        raise GeometryError(f"an affine is 4x4, this one is {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise GeometryError("the affine holds NaN or infinite numbers; the series has no usable geometry")
    if abs(np.linalg.det(matrix[:3, :3])) < 1e-12:
        raise GeometryError("the affine is singular: two axes are parallel or a spacing is zero")
    return matrix


def lps_to_ras(affine: ArrayLike) -> Floats:
    """The same grid with world axes right-anterior-superior (NIfTI's convention). Its own inverse."""
    return np.asarray(_FLIP_XY @ check_affine(affine), dtype=np.float64)


def ras_to_lps(affine: ArrayLike) -> Floats:
    """The same grid with world axes left-posterior-superior (DICOM's convention). Its own inverse."""
    return lps_to_ras(affine)


def index_to_world(affine_lps: ArrayLike, index_zyx: ArrayLike) -> Floats:
    """World points `(..., 3)` xyz in LPS mm of voxel indices `(..., 3)` zyx, fractional allowed."""
    matrix = check_affine(affine_lps)
    index_xyz = np.asarray(index_zyx, dtype=np.float64)[..., ::-1]
    return np.asarray(index_xyz @ matrix[:3, :3].T + matrix[:3, 3], dtype=np.float64)


def world_to_index(affine_lps: ArrayLike, world_xyz: ArrayLike) -> Floats:
    """Fractional voxel indices `(..., 3)` zyx of world points `(..., 3)` xyz in LPS mm."""
    inverse = np.linalg.inv(check_affine(affine_lps))
    index_xyz = np.asarray(world_xyz, dtype=np.float64) @ inverse[:3, :3].T + inverse[:3, 3]
    return np.asarray(index_xyz[..., ::-1], dtype=np.float64)


def spacing_zyx(affine_lps: ArrayLike) -> tuple[float, float, float]:
    """Distance between voxel centres along z, y, x in millimetres."""
    lengths = np.linalg.norm(check_affine(affine_lps)[:3, :3], axis=0)
    return float(lengths[2]), float(lengths[1]), float(lengths[0])


def xyz_from_zyx(values: Sequence[Any]) -> tuple[Any, ...]:
    """The same triple in the other order; also turns xyz into zyx."""
    return tuple(values[::-1])


def array_from_nifti(data_xyz: NDArray[Any], affine_ras: ArrayLike) -> tuple[NDArray[Any], Floats]:
    """An array `(X, Y, Z)` with its RAS affine (nibabel's order) as `(Z, Y, X)` with its LPS affine."""
    if data_xyz.ndim != 3:
        raise GeometryError(f"expected a 3D volume, got shape {data_xyz.shape}; split time points first")
    return np.ascontiguousarray(data_xyz.transpose(2, 1, 0)), ras_to_lps(affine_ras)


def array_to_nifti(data_zyx: NDArray[Any], affine_lps: ArrayLike) -> tuple[NDArray[Any], Floats]:
    """The inverse of `array_from_nifti`."""
    return np.ascontiguousarray(data_zyx.transpose(2, 1, 0)), lps_to_ras(affine_lps)


def slice_normal(orientation: Sequence[float]) -> Floats:
    """Unit normal of a slice from Image Orientation (Patient), row direction then column direction (PS3.3
    C.7.6.2.1.1).
    """
    cosines = np.asarray(orientation, dtype=np.float64)
    if cosines.shape != (6,) or not np.isfinite(cosines).all():
        raise GeometryError("Image Orientation (Patient) is six finite numbers")
    normal = np.cross(cosines[:3], cosines[3:])
    length = float(np.linalg.norm(normal))
    if length < 0.5:
        raise GeometryError("Image Orientation (Patient): row and column directions are parallel")
    return np.asarray(normal / length, dtype=np.float64)


def affine_from_dicom(
    position: Sequence[float],
    orientation: Sequence[float],
    row_spacing_mm: float,
    column_spacing_mm: float,
    step_mm: Sequence[float],
) -> Floats:
    """LPS affine of a stack (PS3.3 C.7.6.2.1.1).

    `position` is the centre of the first voxel of the first slice, `step_mm` the vector from one slice to the next,
    `row_spacing_mm` the distance between rows (Pixel Spacing's first value), `column_spacing_mm` between columns.
    """
    matrix = np.eye(4)
    matrix[:3, 0] = np.asarray(orientation[:3], dtype=np.float64) * column_spacing_mm
    matrix[:3, 1] = np.asarray(orientation[3:], dtype=np.float64) * row_spacing_mm
    matrix[:3, 2] = step_mm
    matrix[:3, 3] = position
    return check_affine(matrix)


@dataclass(frozen=True)
class StackOrder:
    """`order[k]` is the input index of slice k. `offsets_mm` are positions along the normal in that order. `gap_mm` is
    the median distance (0 for one slice), `largest_gap_error_mm` the worst deviation of a distance from it, `tilt_mm`
    the worst sideways deviation from the straight line through the first and last slice, `duplicates` the number of
    slices that share a position with the one before."""

    order: tuple[int, ...]
    offsets_mm: tuple[float, ...]
    gap_mm: float
    largest_gap_error_mm: float
    tilt_mm: float
    duplicates: int


def order_along_normal(
    positions_lps: ArrayLike, orientation: Sequence[float], tolerance_mm: float = 1e-3
) -> StackOrder:
    """Order slices by the projection of their positions `(N, 3)` on the slice normal. Ties keep the input order.

    Raises GeometryError when there is no slice or a position is not finite.
    """
    points = np.asarray(positions_lps, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 3 or not len(points):
        raise GeometryError("positions are N x 3 with at least one slice")
    if not np.isfinite(points).all():
        raise GeometryError("a slice position is not finite")
    normal = slice_normal(orientation)
    offsets = points @ normal
    order = np.argsort(offsets, kind="stable")
    offsets, points = offsets[order], points[order]
    gaps = np.diff(offsets)
    gap = float(np.median(gaps)) if len(gaps) else 0.0
    # A sheared stack (gantry tilt) drifts sideways evenly; the drift per slice counts, and so does any jump.
    sideways = points - points[0] - np.outer(offsets - offsets[0], normal)
    return StackOrder(
        order=tuple(int(i) for i in order),
        offsets_mm=tuple(float(v) for v in offsets),
        gap_mm=gap,
        largest_gap_error_mm=float(np.abs(gaps - gap).max()) if len(gaps) else 0.0,
        tilt_mm=float(np.linalg.norm(sideways, axis=1).max()),
        duplicates=int((gaps <= tolerance_mm).sum()),
    )


def plane_name(orientation: Sequence[float], tolerance_degrees: float = 20.0) -> PlaneName:
    """AX, COR or SAG when the slice normal is within the tolerance of a body axis, else oblique."""
    normal = np.abs(slice_normal(orientation))
    axis = int(normal.argmax())
    angle = float(np.degrees(np.arccos(min(1.0, normal[axis]))))
    return _PLANE_OF_AXIS[axis] if angle <= tolerance_degrees else "oblique"


def orientation_of(affine_lps: ArrayLike) -> tuple[float, ...]:
    """Image Orientation (Patient) of a grid: row direction, then column direction, six direction cosines."""
    matrix = check_affine(affine_lps)[:3, :3]
    unit = matrix / np.linalg.norm(matrix, axis=0)
    return tuple(float(v) for v in (*unit[:, 0], *unit[:, 1]))


def direction_letters(affine_lps: ArrayLike) -> str:
    """Where index z, y, x grow towards, as three of LRPASI; `SPL` is the canonical grid of this library."""
    permutation, flips = canonical_axes(affine_lps)
    world_axis_of = {array_axis: 2 - canonical for canonical, array_axis in enumerate(permutation)}
    flipped = {array_axis: flips[canonical] for canonical, array_axis in enumerate(permutation)}
    return "".join(_LETTERS[world_axis_of[axis]][int(flipped[axis])] for axis in range(3))


def canonical_axes(affine_lps: ArrayLike) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """How to turn a `zyx` array so that its axes grow towards superior, posterior, left as nearly as they can.

    Returns (permutation, flips): canonical axis k is array axis `permutation[k]`, reversed when `flips[k]`.
    """
    matrix = check_affine(affine_lps)[:3, :3]
    unit = matrix / np.linalg.norm(matrix, axis=0)  # column c: world direction of index axis c (x, y, z)
    best: tuple[float, tuple[int, int, int]] = (-1.0, (2, 1, 0))
    for columns in ((2, 1, 0), (2, 0, 1), (1, 2, 0), (1, 0, 2), (0, 2, 1), (0, 1, 2)):
        fit = sum(abs(float(unit[2 - k, column])) for k, column in enumerate(columns))
        if fit > best[0] + 1e-9:
            best = (fit, columns)
    columns = best[1]
    flips = tuple(bool(unit[2 - k, column] < 0) for k, column in enumerate(columns))
    permutation = tuple(2 - column for column in columns)
    return (permutation[0], permutation[1], permutation[2]), (flips[0], flips[1], flips[2])


def affine_after_crop(affine_lps: ArrayLike, start_zyx: Sequence[int]) -> Floats:
    """The affine of `array[z0:, y0:, x0:]`."""
    matrix = check_affine(affine_lps).copy()
    matrix[:3, 3] = index_to_world(matrix, start_zyx)
    return matrix
