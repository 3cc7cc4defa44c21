"""Storing slice masks. Packing is work without a database, so callers do it before they open a transaction."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medreview.annotations.models import SliceMask
from ml import masks


@dataclass(frozen=True)
class PackedMask:
    """A slice mask ready to be stored: `data` is zlib over the packed bits, `digest` names the decoded voxels."""

    digest: str
    rows: int
    columns: int
    voxel_count: int
    data: bytes


def pack_mask(mask: NDArray[Any]) -> PackedMask:
    """Pack a `(rows, columns)` mask. Raises ml.masks.MaskError for any other number of axes."""
    packed = masks.pack_slice(mask)
    rows, columns = mask.shape
    digest = masks.packed_digest(packed, rows, columns)
    return PackedMask(digest, rows, columns, int(np.count_nonzero(mask)), zlib.compress(packed, 6))


def pack_runs(runs: Sequence[int], rows: int, columns: int) -> PackedMask:
    return pack_mask(masks.decode_runs(runs, rows, columns))


def pack_volume(mask: NDArray[Any]) -> list[tuple[int, PackedMask]]:
    """(k, packed slice) of each slice of a `(Z, Y, X)` mask that is not empty."""
    return [(k, pack_mask(mask[k])) for k in np.flatnonzero(mask.reshape(len(mask), -1).any(axis=1)).tolist()]


def store_packed(packed: Iterable[PackedMask]) -> None:
    """Store masks that are not there yet; equal voxels are stored once."""
    wanted = {one.digest: one for one in packed}
    rows = [
        SliceMask(digest=o.digest, rows=o.rows, columns=o.columns, voxel_count=o.voxel_count, data=o.data)
        for o in wanted.values()
    ]
    SliceMask.objects.bulk_create(rows, ignore_conflicts=True, batch_size=200)


def store_mask(mask: NDArray[Any]) -> SliceMask:
    """Store one `(rows, columns)` mask and return its row."""
    packed = pack_mask(mask)
    store_packed([packed])
    return SliceMask.objects.get(pk=packed.digest)
