"""Decoding frames that this archive stored and a child has already decoded once."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medreview.archive import headers
from medreview.archive.headers import Header
from medreview.archive.models import Instance
from medreview.archive.parsing.decode import PixelSpec, decode_frame, decoded_bytes
from medreview.archive.parsing.refusal import RefusedError
from medreview.archive.slices import rescale_of
from medreview.core.blobs import path_of
from medreview.core.errors import NotFound, Unprocessable


def read_range(sha256: str, offset: int, length: int) -> bytes:
    """Bytes of a blob. Raises NotFound when the blob is gone."""
    try:
        with path_of(sha256).open("rb") as stream:
            stream.seek(offset)
            return stream.read(length)
    except FileNotFoundError as error:
        raise NotFound(f"Blob {sha256[:12]} is not in the store; run `medreview fsck`.") from error


def check_frame_number(instance: Instance, frame: int) -> None:
    """Raises NotFound unless the instance has this frame (1-based)."""
    if not 1 <= frame <= len(instance.frames) or instance.frames_blob_id is None:
        raise NotFound(f"This instance has {len(instance.frames)} frames; there is no frame {frame}.")


def frame_in(instance: Instance, frame: int, syntax: str) -> bytes:
    """The bytes of one frame (1-based) as stored, or decoded to explicit little endian (see `decoded_bytes`)."""
    if syntax == instance.frame_transfer_syntax_uid:
        return frame_bytes(instance, frame)
    spec = spec_of(instance.header, instance.frame_transfer_syntax_uid)
    try:
        return decoded_bytes(frame_bytes(instance, frame), spec)
    except RefusedError as refused:
        raise Unprocessable(f"Frame {frame} cannot be decoded: {refused.reason}") from refused


def frame_bytes(instance: Instance, frame: int) -> bytes:
    """The bytes of one frame (1-based), in `instance.frame_transfer_syntax_uid`."""
    check_frame_number(instance, frame)
    offset, length = instance.frames[frame - 1]
    return read_range(str(instance.frames_blob_id), offset, length)


def spec_of(header: Header, syntax: str) -> PixelSpec:
    """How the frames of an instance are to be decoded."""
    return PixelSpec(
        syntax=syntax,
        rows=headers.integer(header, "Rows") or 0,
        columns=headers.integer(header, "Columns") or 0,
        samples=headers.integer(header, "SamplesPerPixel") or 1,
        bits_allocated=headers.integer(header, "BitsAllocated") or 8,
        bits_stored=headers.integer(header, "BitsStored") or headers.integer(header, "BitsAllocated") or 8,
        is_signed=headers.integer(header, "PixelRepresentation") == 1,
        photometric=headers.text(header, "PhotometricInterpretation", 32),
        is_planar=headers.integer(header, "PlanarConfiguration") == 1,
    )


def modality_values(instance: Instance, frame: int, *, mirrored: bool = True) -> NDArray[np.float32]:
    """One frame `(rows, columns)` float32 after the rescale, or `(rows, columns, 3)` for colours, 0-255.

    `mirrored` turns MONOCHROME1 round so that high is bright (MONOCHROME2 order); a viewer inverts by itself.
    """
    spec = spec_of(instance.header, instance.frame_transfer_syntax_uid)
    stored = decode_frame(frame_bytes(instance, frame), spec)
    if spec.photometric == "PALETTE COLOR":
        return _palette(stored, instance.header)
    if spec.samples == 3:
        return _as_255(stored, spec)
    if mirrored and spec.photometric == "MONOCHROME1":
        stored = _inverted(stored, spec)
    slope, intercept = _rescale(instance.header, frame) or (1.0, 0.0)
    return stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)


def _inverted(stored: NDArray[Any], spec: PixelSpec) -> NDArray[Any]:
    """Stored values of MONOCHROME1 mirrored inside their range, so that high is bright."""
    highest = -1 if spec.is_signed else (1 << spec.bits_stored) - 1
    return highest - stored.astype(np.int64)


def _rescale(header: Header, frame: int) -> tuple[float, float] | None:
    shared = headers.first_item(header, "SharedFunctionalGroupsSequence")
    per_frame = headers.items(header, "PerFrameFunctionalGroupsSequence")
    return rescale_of(header, shared, per_frame[frame - 1] if frame <= len(per_frame) else {})


def _as_255(stored: NDArray[Any], spec: PixelSpec) -> NDArray[np.float32]:
    scale = 255.0 / ((1 << spec.bits_stored) - 1)
    return stored.astype(np.float32) * np.float32(scale)


def _palette(stored: NDArray[Any], header: Header) -> NDArray[np.float32]:
    """RGB 0-255 of palette indices (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6)."""
    channels = [_lut(stored, header, colour) for colour in ("Red", "Green", "Blue")]
    return np.stack(channels, axis=-1).astype(np.float32)


def _lut(stored: NDArray[Any], header: Header, colour: str) -> NDArray[np.float32]:
    descriptor = headers.values(header, f"{colour}PaletteColorLookupTableDescriptor")
    raw = base64.b64decode(headers.inline_binary(header, f"{colour}PaletteColorLookupTableData"))
    count, first, bits = (int(value) for value in descriptor[:3])
    count = count or 65_536
    dtype = np.dtype("<u2") if len(raw) >= 2 * count else np.dtype("u1")
    table = np.frombuffer(raw[: count * dtype.itemsize], dtype=dtype).astype(np.float32)
    if not len(table):
        return stored.astype(np.float32)
    index = np.clip(stored.astype(np.int64) - first, 0, len(table) - 1)
    full = 65_535.0 if bits > 8 and dtype.itemsize == 2 else 255.0
    return np.asarray(table[index] * np.float32(255.0 / full), dtype=np.float32)


def sample(instances: Sequence[tuple[Instance, int]], count: int) -> list[NDArray[np.float32]]:
    """Modality values, as a viewer sees them, of at most `count` of the frames, spread evenly."""
    if not instances:
        return []
    picks = sorted({round(i) for i in np.linspace(0, len(instances) - 1, min(count, len(instances)))})
    return [modality_values(*instances[i], mirrored=False) for i in picks]
