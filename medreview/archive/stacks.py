"""From slices to stacks: equal orientation, size and frame of reference, ordered by position along the normal.

Geometry is a verdict of its own: uneven, tilted, duplicate or missing slices get a named warning that blocks training,
not viewing (DESIGN §5.1). Pure functions; nothing here reads files or rows.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from medreview.archive.slices import Slice
from ml.geometry import Floats, GeometryError, affine_from_dicom, order_along_normal, slice_normal

_SAME_DIRECTION = 1e-3
_SAME_POSITION_MM = 1e-3
_GAP_TOLERANCE = 0.02
_GAP_TOLERANCE_MM = 0.02
_TILT_DEGREES = 0.3
_TILT_MM = 0.1


@dataclass(frozen=True)
class Notice:
    """A named geometry finding in plain words."""

    rule: str
    text: str
    blocks_training: bool

    def as_json(self) -> dict[str, object]:
        return {"rule": self.rule, "text": self.text, "blocks_training": self.blocks_training}


@dataclass
class Stack:
    """A planned Grid. `affine_lps` maps (column, row, slice) of voxel centres to LPS mm (to px where unknown)."""

    slices: list[Slice]
    affine_lps: list[list[float]]
    spacing_mm: tuple[float, float, float]
    spacing_known: bool
    orientation_known: bool
    time_index: int = 0
    warnings: list[Notice] = field(default_factory=list)

    @property
    def shape_zyx(self) -> list[int]:
        return [len(self.slices), self.slices[0].rows, self.slices[0].columns]

    @property
    def blocks_training(self) -> bool:
        return any(warning.blocks_training for warning in self.warnings)

    @property
    def pixel_sha256(self) -> str:
        joined = "\n".join(piece.pixel_sha256 for piece in self.slices)
        return hashlib.sha256(joined.encode()).hexdigest()


def build_stacks(slices: Sequence[Slice]) -> list[Stack]:
    """All stacks of one series, largest first; every slice is in exactly one."""
    placed = [piece for piece in slices if _is_placed(piece)]
    stacks: list[Stack] = []
    groups = _by_orientation(placed)
    for group in groups:
        stacks.extend(_volumes(group))
    for group in _unplaced_groups([piece for piece in slices if not _is_placed(piece)]):
        stacks.append(_flat_stack(group))
    stacks.sort(key=lambda stack: -len(stack.slices) * stack.slices[0].rows * stack.slices[0].columns)
    if len(groups) > 1:
        note = Notice("geometry.several_stacks", f"The series was split into {len(stacks)} stacks.", False)
        for stack in stacks:
            stack.warnings.append(note)
    return stacks


def _is_placed(piece: Slice) -> bool:
    if piece.position is None or piece.orientation is None:
        return False
    row, column = np.array(piece.orientation[:3]), np.array(piece.orientation[3:])
    is_unit = abs(float(np.linalg.norm(row)) - 1) < 1e-2 and abs(float(np.linalg.norm(column)) - 1) < 1e-2
    return is_unit and abs(float(row @ column)) < 1e-2


def _by_orientation(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Groups of one size, spacing, frame of reference and direction; directions are compared, not rounded."""
    groups: list[list[Slice]] = []
    for piece in slices:
        for group in groups:
            if _belong_together(group[0], piece):
                group.append(piece)
                break
        else:
            groups.append([piece])
    return groups


def _belong_together(first: Slice, other: Slice) -> bool:
    same = (first.rows, first.columns, first.samples, first.photometric, first.frame_of_reference_uid)
    if same != (other.rows, other.columns, other.samples, other.photometric, other.frame_of_reference_uid):
        return False
    if (first.spacing_mm is None) != (other.spacing_mm is None):
        return False
    if not np.allclose(first.spacing_mm or (1, 1), other.spacing_mm or (1, 1), rtol=1e-3):
        return False
    return bool(np.allclose(first.orientation or (), other.orientation or (), atol=_SAME_DIRECTION))


def _unplaced_groups(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Frames of one multi-frame image stay together in stored order; single images stay single."""
    groups: dict[str, list[Slice]] = {}
    for piece in slices:
        groups.setdefault(piece.sop_instance_uid, []).append(piece)
    return list(groups.values())


def _volumes(group: list[Slice]) -> list[Stack]:
    """One stack per time point: the n-th slice (in time) of every position belongs to volume n."""
    normal = slice_normal(group[0].orientation or ())
    offsets = [float(np.dot(piece.position or (0, 0, 0), normal)) for piece in group]
    order = sorted(range(len(group)), key=lambda i: (offsets[i], group[i].time, group[i].instance_number))
    volumes: list[list[Slice]] = []
    repeat, last = 0, -math.inf
    for i in order:
        repeat = repeat + 1 if offsets[i] - last <= _SAME_POSITION_MM else 0
        last = offsets[i] if repeat == 0 else last
        if repeat == len(volumes):
            volumes.append([])
        volumes[repeat].append(group[i])
    if len(volumes) == 1:
        return [_placed_stack(volumes[0], 0, [])]
    if len({len(volume) for volume in volumes}) == 1:
        note = Notice("geometry.several_volumes", f"{len(volumes)} volumes at the same positions.", False)
    else:
        twins = volumes[1][0]
        twin = next(piece for piece in volumes[0] if np.allclose(piece.position or (), twins.position or ()))
        note = Notice(
            "geometry.duplicate_position",
            f"{twin.name} and {twins.name} lie at the same position; not every position is repeated.",
            True,
        )
    return [_placed_stack(volume, index, [note]) for index, volume in enumerate(volumes)]


def _placed_stack(slices: list[Slice], time_index: int, warnings: list[Notice]) -> Stack:
    first = slices[0]
    orientation = first.orientation or ()
    ordered = order_along_normal([piece.position or () for piece in slices], orientation)
    slices = [slices[i] for i in ordered.order]
    step = _step(slices, slice_normal(orientation))
    found = list(warnings)
    if len(slices) > 1:
        found += _gap_warnings(slices, ordered.offsets_mm, ordered.gap_mm)
        found += _tilt_warning(step, slice_normal(orientation), ordered.tilt_mm)
    rows_mm, columns_mm = first.spacing_mm or (1.0, 1.0)
    try:
        affine = affine_from_dicom(slices[0].position or (), orientation, rows_mm, columns_mm, step.tolist())
    except GeometryError as error:
        found.append(Notice("geometry.not_usable", f"The geometry cannot be used: {error}.", True))
        return _flat_stack(slices, extra=found)
    length = float(np.linalg.norm(step))
    is_known = not first.is_orientation_assumed
    stack = Stack(
        slices,
        affine.tolist(),
        (length, rows_mm, columns_mm),
        first.spacing_mm is not None,
        is_known,
        time_index,
        found,
    )
    stack.warnings += _common_warnings(slices, is_known=is_known)
    return stack


def _step(slices: Sequence[Slice], normal: Floats) -> Floats:
    """Vector from one slice to the next, sheared where the stack is; the header's thickness for a single slice."""
    if len(slices) == 1:
        return np.asarray(normal * (slices[0].thickness_mm or 1.0))
    first, last = np.array(slices[0].position), np.array(slices[-1].position)
    return np.asarray((last - first) / (len(slices) - 1))


def _gap_warnings(slices: Sequence[Slice], offsets: Sequence[float], gap: float) -> list[Notice]:
    tolerance = max(_GAP_TOLERANCE * gap, _GAP_TOLERANCE_MM)
    gaps = np.diff(offsets)
    odd = [i for i, value in enumerate(gaps) if abs(value - gap) > tolerance]
    if not odd:
        return []
    where = odd[0]
    between = f"between {slices[where].name} and {slices[where + 1].name}"
    others = f"The other {len(gaps) - len(odd)} steps are {gap:.1f} mm."
    missing = [i for i in odd if abs(gaps[i] / gap - round(gaps[i] / gap)) < 0.1 and round(gaps[i] / gap) >= 2]
    if len(missing) == len(odd):
        lost = sum(round(gaps[i] / gap) - 1 for i in missing)
        text = f"Slice positions jump by {gaps[where]:.1f} mm {between}: {lost} missing. {others}"
        return [Notice("geometry.missing_slice", text, True)]
    text = f"Slice positions are uneven: {gaps[where]:.2f} mm {between}. {others}"
    return [Notice("geometry.uneven_spacing", text, True)]


def _tilt_warning(step: Floats, normal: Floats, tilt_mm: float) -> list[Notice]:
    along = abs(float(step @ normal))
    degrees = math.degrees(math.acos(min(1.0, along / float(np.linalg.norm(step)))))
    if tilt_mm <= _TILT_MM:
        return []
    if degrees > _TILT_DEGREES:
        text = f"Tilt {degrees:.1f}°. Shown as acquired, reformats are off."
        return [Notice("geometry.gantry_tilt", text, True)]
    text = f"Slices are shifted sideways by up to {tilt_mm:.1f} mm."
    return [Notice("geometry.uneven_shift", text, True)] if tilt_mm > 1.0 else []


def _flat_stack(slices: list[Slice], extra: Sequence[Notice] = ()) -> Stack:
    """Frames without a place in the patient, in stored order; mm only where the header gives pixel spacing."""
    spacing, found = slices[0].spacing_mm, list(extra)
    if slices[0].orientation is not None and not _is_placed(slices[0]) and slices[0].position is not None:
        # A header that contradicts itself about directions is not believed about distances either.
        spacing = None
        text = "The orientation is not of two unit vectors at right angles. Shown in 2D, lengths are in px, never mm."
        found.append(Notice("geometry.orientation_unusable", text, True))
    rows_mm, columns_mm = spacing or (1.0, 1.0)
    affine = np.diag([columns_mm, rows_mm, 1.0, 1.0])
    stack = Stack(slices, affine.tolist(), (1.0, rows_mm, columns_mm), spacing is not None, False, 0, found)
    stack.warnings += _common_warnings(slices, is_known=False)
    return stack


def _common_warnings(slices: Sequence[Slice], *, is_known: bool) -> list[Notice]:
    found = []
    if slices[0].spacing_mm is None:
        where = " (only spacing at the detector)" if slices[0].is_at_detector else ""
        found.append(Notice("spacing.absent", f"No pixel spacing{where}. Lengths are in px, never mm.", False))
    if not is_known:
        found.append(Notice("orientation.absent", "No orientation. Left and right are not marked.", False))
    if any(piece.rescale is None for piece in slices):
        text = "The rescale slope or intercept cannot be used. Stored values are shown, no HU."
        found.append(Notice("values.rescale_unusable", text, True))
    return found
