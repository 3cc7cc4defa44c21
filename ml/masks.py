"""Bit masks: packing and digests of a slice, XOR run-length deltas, findings as connected components. Numpy and scipy
only.

A slice mask is `(rows, columns)` bool. Its packed form is little-endian bits over C order, as the browser stores it
too; its digest names the decoded voxels, so that equal voxels are stored once. A delta is a flat list
`[start, length, start, length, ...]` of runs over the C-order slice that are flipped; applying it twice undoes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]
MAX_SLICE_VOXELS = 1 << 28


class MaskError(ValueError):
    """Packed bytes or runs that do not fit the slice they are for; the text says which."""


def _check_shape(rows: int, columns: int) -> int:
    if rows < 1 or columns < 1 or rows * columns > MAX_SLICE_VOXELS:
        raise MaskError(f"a slice of {rows} x {columns} voxels is not possible")
    return rows * columns


def pack_slice(mask: NDArray[Any]) -> bytes:
    """Bits of a `(rows, columns)` mask in C order, little-endian in each byte, the last byte padded with zeros."""
    if mask.ndim != 2:
        raise MaskError(f"a slice mask has two axes, this one has {mask.ndim}")
    _check_shape(*mask.shape)
    return np.packbits(np.ascontiguousarray(mask).astype(bool).ravel(), bitorder="little").tobytes()


def unpack_slice(packed: bytes, rows: int, columns: int) -> Mask:
    """The mask `(rows, columns)` of packed bits. Raises MaskError for a wrong length or non-zero padding."""
    size = _check_shape(rows, columns)
    if len(packed) != (size + 7) // 8:
        raise MaskError(f"a {rows} x {columns} slice packs into {(size + 7) // 8} bytes, got {len(packed)}")
    bits = np.unpackbits(np.frombuffer(packed, dtype=np.uint8), bitorder="little")
    if bits[size:].any():
        raise MaskError("the padding bits of a packed slice must be zero, or equal voxels would get two digests")
    return bits[:size].astype(bool).reshape(rows, columns)


def packed_digest(packed: bytes, rows: int, columns: int) -> str:
    """SHA-256 (hex) of `b"{rows}x{columns}:"` and the packed bits."""
    return hashlib.sha256(f"{rows}x{columns}:".encode() + packed).hexdigest()


def slice_digest(mask: NDArray[Any]) -> str:
    """The digest of a `(rows, columns)` mask; equal for equal voxels, whatever the dtype or memory order."""
    return packed_digest(pack_slice(mask), *mask.shape)


def _runs_of(flat: Mask) -> list[int]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flat, [False])).astype(np.int8)))
    starts, stops = edges[0::2], edges[1::2]
    return [int(v) for v in np.stack([starts, stops - starts], axis=1).ravel()]


def encode_runs(before: NDArray[Any], after: NDArray[Any]) -> list[int]:
    """Runs that turn `before` into `after` (and back). Both `(rows, columns)`, equal shape."""
    if before.shape != after.shape:
        raise MaskError(f"slices of different shape: {before.shape} and {after.shape}")
    return _runs_of(np.ascontiguousarray(before.astype(bool) ^ after.astype(bool)).ravel())


def check_runs(runs: Sequence[int], size: int) -> None:
    """Raises MaskError unless runs are pairs of integers, lengths positive, sorted, apart, and inside `size` voxels."""
    if len(runs) % 2:
        raise MaskError("runs are pairs of start and length; one number is missing")
    end = 0
    for start, length in zip(runs[0::2], runs[1::2], strict=True):
        if type(start) is not int or type(length) is not int:
            raise MaskError("runs hold integers only")
        if length < 1 or start < end or start + length > size:
            raise MaskError(f"run [{start}, {length}] overlaps the one before or leaves the slice of {size} voxels")
        end = start + length


def decode_runs(runs: Sequence[int], rows: int, columns: int) -> Mask:
    """The voxels a delta flips, as a mask `(rows, columns)`."""
    size = _check_shape(rows, columns)
    check_runs(runs, size)
    flips = np.zeros(size + 1, dtype=np.int8)
    pairs = np.asarray(runs, dtype=np.int64).reshape(-1, 2)
    np.add.at(flips, pairs[:, 0], 1)
    np.add.at(flips, pairs[:, 0] + pairs[:, 1], -1)
    return np.cumsum(flips[:-1], dtype=np.int8).astype(bool).reshape(rows, columns)


def apply_runs(mask: NDArray[Any], runs: Sequence[int]) -> Mask:
    """A new mask `(rows, columns)` with the runs flipped."""
    flipped: Mask = mask.astype(bool) ^ decode_runs(runs, *mask.shape)
    return flipped


def compose_runs(first: Sequence[int], second: Sequence[int], rows: int, columns: int) -> list[int]:
    """One delta that does what two do one after the other; `[]` when the second undoes the first."""
    return encode_runs(decode_runs(first, rows, columns), decode_runs(second, rows, columns))


@dataclass(frozen=True)
class Component:
    """One connected part of a mask: its half-open extent, its own voxels `mask` (the crop), and their number."""

    start_zyx: tuple[int, ...]
    stop_zyx: tuple[int, ...]
    mask: Mask
    voxel_count: int

    def whole(self, shape: tuple[int, ...]) -> Mask:
        """The part alone in a mask of `shape`, the shape it was found in."""
        full = np.zeros(shape, dtype=bool)
        full[tuple(slice(a, b) for a, b in zip(self.start_zyx, self.stop_zyx, strict=True))] = self.mask
        return full


def connected_components(mask: NDArray[Any]) -> list[Component]:
    """The parts of a mask `(Z, Y, X)` that touch by face, edge or corner (26 neighbours), largest first.

    Equal sizes keep scan order. An empty mask has no component.
    """
    labels, _ = ndimage.label(mask.astype(bool), structure=np.ones((3,) * mask.ndim, dtype=bool))
    parts = []
    for number, where in enumerate(ndimage.find_objects(labels), start=1):
        crop = labels[where] == number
        start, stop = tuple(int(s.start) for s in where), tuple(int(s.stop) for s in where)
        parts.append(Component(start, stop, crop, int(crop.sum())))
    return sorted(parts, key=lambda part: -part.voxel_count)


def whole_component(mask: NDArray[Any]) -> Component | None:
    """A mask as one finding, whether or not its parts touch; None when it is empty."""
    extent = bounding_box(mask)
    if extent is None:
        return None
    start, stop = extent
    crop = mask[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))].astype(bool)
    return Component(start, stop, crop, int(crop.sum()))


def split_findings(mask: NDArray[Any], findings: Literal["one", "many"]) -> list[Component]:
    """A label's mask as findings: the whole mask ("one", an organ) or each connected part ("many", lesions)."""
    if findings == "many":
        return connected_components(mask)
    whole = whole_component(mask)
    return [] if whole is None else [whole]


def bounding_box(mask: NDArray[Any]) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Half-open extent (start, stop) of the true voxels, in array order; None when there is none."""
    start, stop = [], []
    for axis in range(mask.ndim):
        hits = np.flatnonzero(mask.any(axis=tuple(a for a in range(mask.ndim) if a != axis)))
        if not len(hits):
            return None
        start.append(int(hits[0]))
        stop.append(int(hits[-1]) + 1)
    return tuple(start), tuple(stop)


def largest_slice(mask: NDArray[Any]) -> int:
    """Index along the first axis of the slice with most voxels, the lowest of equals. Raises MaskError when empty."""
    counts = mask.astype(bool).reshape(mask.shape[0], -1).sum(axis=1)
    if not counts.any():
        raise MaskError("an empty mask has no largest slice")
    return int(counts.argmax())
