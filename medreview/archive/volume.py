"""A stack's pixels as one array, for the runners, exports and comparisons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medreview.archive.models import Grid, Instance
from medreview.archive.pixels import modality_values
from medreview.core.errors import NotFound


def read_volume(grid: Grid) -> NDArray[np.float32]:
    """Modality values of a grid, float32 `(C, Z, Y, X)`: HU or what the rescale gives, MONOCHROME2 order; colour images
    have C = 3 and values 0-255. Slices are in the grid's order, so that index zyx is the grid's."""
    wanted = {piece["sop_instance_uid"] for piece in grid.slices}
    rows = Instance.objects.filter(project=grid.project_id, series=grid.series_id)
    instances = {row.sop_instance_uid: row for row in rows if row.sop_instance_uid in wanted}
    if wanted - instances.keys():
        raise NotFound(f"Stack {grid.pk} has lost {len(wanted - instances.keys())} of its images.")
    volume: NDArray[np.float32] | None = None
    for k, piece in enumerate(grid.slices):
        plane = modality_values(instances[piece["sop_instance_uid"]], piece["frame"])
        channels = plane[np.newaxis] if plane.ndim == 2 else plane.transpose(2, 0, 1)
        if volume is None:
            volume = np.empty((channels.shape[0], len(grid.slices), *channels.shape[1:]), dtype=np.float32)
        volume[:, k] = channels
    if volume is None:
        raise NotFound(f"Stack {grid.pk} has no image.")
    return volume
