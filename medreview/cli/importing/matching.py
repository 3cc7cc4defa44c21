"""Categories of a data set to labels of the project, and marks to findings on a stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from django.utils.text import slugify
from numpy.typing import NDArray

from medreview.archive.models import Grid
from medreview.cli.importing.sources import LabelledSet, Mark
from medreview.core.errors import Invalid
from medreview.labels.models import Label, LabelKind
from medreview.reading.services.external import ExternalFinding
from ml.geometry import ras_to_lps
from ml.masks import split_findings

_GRID_TOLERANCE = 0.05


def match_labels(found: LabelledSet, labels: Sequence[Label], given: Mapping[str, str]) -> dict[str, Label]:
    """Category to label: what `given` says (category to label key), else equal key, name, meaning or code, else, for
    numbered categories without names, the n-th segment label."""
    by_key = {label.key: label for label in labels}
    matched = {}
    segments = [label for label in labels if label.kind == LabelKind.SEGMENT]
    for category in found.categories:
        name = found.names.get(category, category)
        wanted = given.get(category, given.get(name))
        if wanted is not None:
            if wanted not in by_key and wanted:
                raise Invalid(f"The mapping sends {name!r} to the label {wanted!r}, which the project does not have.")
            label = by_key.get(wanted)
        else:
            label = next((label for label in labels if _is_same(name, label)), None)
            if label is None and name.isdecimal() and 0 < int(name) <= len(segments):
                label = segments[int(name) - 1]
        if label is not None:
            matched[category] = label
    return matched


def _is_same(name: str, label: Label) -> bool:
    folded = name.strip().casefold()
    spoken = {label.key, label.name.casefold(), label.meaning.casefold(), label.value.casefold(), label.code.casefold()}
    return folded in spoken or slugify(name) == label.key


def findings_of(marks: Sequence[Mark], matched: Mapping[str, Label], grid: Grid) -> list[ExternalFinding]:
    """The marks of one image as findings on its stack, split or joined as each label wants it. Raises Invalid."""
    found: list[ExternalFinding] = []
    for label in {label.key: label for label in matched.values()}.values():
        mine = [mark for mark in marks if matched.get(mark.category) == label]
        if label.kind == LabelKind.BOX:
            found += _boxes(mine, label, grid)
        elif label.kind == LabelKind.SEGMENT:
            found += _segments(mine, label, grid)
    return found


def _boxes(marks: Sequence[Mark], label: Label, grid: Grid) -> list[ExternalFinding]:
    """Boxes as given; for masks the extent of each connected part."""
    found = []
    for mark in marks:
        if mark.box is not None:
            x0, y0, x1, y1 = mark.box
            _, rows, columns = grid.shape_zyx
            if x1 > columns or y1 > rows:
                raise Invalid(f"A box of {label.name} ends at ({x1}, {y1}), outside the {columns} x {rows} image.")
            found.append(_box(label, grid, (0, y0, x0), (1, y1, x1)))
            continue
        volume = _volume(mark, grid)
        for part in split_findings(volume, "many") if volume is not None else []:
            found.append(_box(label, grid, part.start_zyx, part.stop_zyx))
    return found


def _box(label: Label, grid: Grid, start: Sequence[int], stop: Sequence[int]) -> ExternalFinding:
    extent = ((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
    return ExternalFinding(label.key, "box", grid.pk, box=extent)


def _segments(marks: Sequence[Mark], label: Label, grid: Grid) -> list[ExternalFinding]:
    volumes = [volume for mark in marks if (volume := _volume(mark, grid)) is not None]
    if not volumes:
        return []
    if len(volumes) > 1 and label.findings == "many":
        return [ExternalFinding(label.key, "segment", grid.pk, mask=volume) for volume in volumes]
    joined = np.logical_or.reduce(volumes)
    found = []
    for part in split_findings(joined, "one" if label.findings == "one" else "many"):
        whole = np.zeros(joined.shape, dtype=bool)
        where = tuple(slice(a, b) for a, b in zip(part.start_zyx, part.stop_zyx, strict=True))
        whole[where] = part.mask
        found.append(ExternalFinding(label.key, "segment", grid.pk, mask=whole))
    return found


def _volume(mark: Mark, grid: Grid) -> NDArray[np.bool_] | None:
    """The mark's voxels on the stack `(Z, Y, X)`; None for a mark that has only a box. Raises Invalid."""
    if mark.volume is not None and mark.affine_ras is not None:
        return on_grid(mark.volume, mark.affine_ras, grid)
    if mark.mask is None:
        return None
    if (1, *mark.mask.shape) != tuple(grid.shape_zyx):
        raise Invalid(f"The mask has {mark.mask.shape} pixels, the image {tuple(grid.shape_zyx[1:])}.")
    return np.asarray(mark.mask[np.newaxis])


def on_grid(volume: NDArray[np.bool_], affine_ras: NDArray[np.float64], grid: Grid) -> NDArray[np.bool_]:
    """A label map `(X, Y, Z)` as `(Z, Y, X)` in the stack's order of slices, rows and columns.

    The two must be the same voxels, whatever the order and direction of their axes; nothing is resampled.
    Raises Invalid when they are not.
    """
    step = np.linalg.inv(ras_to_lps(affine_ras)) @ np.asarray(grid.affine_lps, dtype=np.float64)
    turn, shift = np.rint(step[:3, :3]), np.rint(step[:3, 3]).astype(int)
    is_exact = np.allclose(step[:3, :3], turn, atol=_GRID_TOLERANCE / max(volume.shape)) and np.allclose(
        step[:3, 3], shift, atol=_GRID_TOLERANCE
    )
    if not is_exact or not np.array_equal(np.abs(turn).sum(axis=0), (1, 1, 1)):
        raise Invalid("The label map does not lie on the voxels of the image; resample it to the image first.")
    axes = [int(np.flatnonzero(turn[:, column])[0]) for column in range(3)]  # label axis of grid x, y, z
    signs = [int(turn[axis, column]) for column, axis in enumerate(axes)]
    turned = volume.transpose(axes)
    flip = tuple(slice(None, None, sign) for sign in signs)
    starts = [
        shift[axis] if sign > 0 else volume.shape[axis] - 1 - shift[axis]
        for axis, sign in zip(axes, signs, strict=True)
    ]
    if tuple(turned.shape[::-1]) != tuple(grid.shape_zyx) or any(starts):
        raise Invalid("The label map covers other voxels than the image; resample it to the image first.")
    return np.ascontiguousarray(turned[flip].transpose(2, 1, 0))
