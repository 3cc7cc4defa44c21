"""Slice masks between rows and arrays. Reading is here; `services.masks` writes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from medreview.annotations.models import SliceMask
from medreview.core.errors import Invalid
from ml.masks import Mask, encode_runs, unpack_slice

MAX_PACKED_BYTES = 1 << 25


def load_mask(stored: SliceMask) -> Mask:
    """The voxels `(rows, columns)` bool. Raises Invalid when the stored bytes are not the mask they are named for."""
    try:
        packed = zlib.decompressobj().decompress(bytes(stored.data), MAX_PACKED_BYTES)
        return unpack_slice(packed, stored.rows, stored.columns)
    except (zlib.error, ValueError) as error:
        raise Invalid(f"Slice mask {stored.digest[:12]} cannot be decoded: {error}; run `medreview fsck`.") from error


def load_runs(stored: SliceMask) -> list[int]:
    """The voxels as canonical runs over the C-order slice."""
    mask = load_mask(stored)
    return encode_runs(np.zeros_like(mask), mask)


def load_volume(slices: Iterable[tuple[int, SliceMask]], shape_zyx: Sequence[int]) -> NDArray[np.bool_]:
    """A mask `(Z, Y, X)` from its slices `(k, mask)`. Raises Invalid when a slice has another size than the grid."""
    volume = np.zeros(tuple(shape_zyx), dtype=bool)
    for k, stored in slices:
        if (stored.rows, stored.columns) != volume.shape[1:] or k >= len(volume):
            raise Invalid(f"Slice mask {stored.digest[:12]} at slice {k} does not fit a grid of {tuple(shape_zyx)}.")
        volume[k] = load_mask(stored)
    return volume
