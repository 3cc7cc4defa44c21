"""Frames to arrays. Used by the child to prove that a frame decodes, and by the archive on frames it has stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from medreview.archive.parsing.codec_headers import (
    JPEG_2000_SYNTAXES,
    JPEG_LS_SYNTAXES,
    JPEG_SYNTAXES,
    RLE_SYNTAX,
    jpeg_precision,
)
from medreview.archive.parsing.refusal import RefusedError

EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
JPEG_LOSSLESS = frozenset({"1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"})


@dataclass(frozen=True)
class PixelSpec:
    """What a frame's bytes mean (PS3.3 C.7.6.3). `syntax` is the transfer syntax of the frame's bytes."""

    syntax: str
    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    is_signed: bool
    photometric: str
    is_planar: bool

    @property
    def bytes_per_sample(self) -> int:
        return self.bits_allocated // 8

    @property
    def is_subsampled(self) -> bool:
        """Uncompressed YBR_FULL_422 keeps two samples a pixel instead of three."""
        return self.syntax == EXPLICIT_LITTLE_ENDIAN and self.photometric == "YBR_FULL_422"

    @property
    def frame_length(self) -> int:
        """Bytes of one uncompressed frame."""
        samples = 2 if self.is_subsampled else self.samples
        return self.rows * self.columns * samples * self.bytes_per_sample

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(f"<{'i' if self.is_signed else 'u'}{self.bytes_per_sample}")


def decode_frame(frame: bytes, spec: PixelSpec) -> NDArray[Any]:
    """Stored values of one frame, `(rows, columns)` or `(rows, columns, samples)`, colours as RGB.

    Raises RefusedError when the bytes cannot be decoded or come out in another shape.
    """
    pixels = _native(frame, spec) if spec.syntax == EXPLICIT_LITTLE_ENDIAN else _compressed(frame, spec)
    expected = (spec.rows, spec.columns) if spec.samples == 1 else (spec.rows, spec.columns, spec.samples)
    if pixels.shape != expected:
        raise RefusedError("codec.size_differs", f"A frame decodes to {pixels.shape}, its header says {expected}.")
    if spec.samples == 1:
        return _sign_extended(pixels, spec)
    if spec.photometric.startswith("YBR_FULL") and spec.syntax in (EXPLICIT_LITTLE_ENDIAN, RLE_SYNTAX):
        return rgb_from_ybr(pixels)
    return pixels


def decoded_bytes(frame: bytes, spec: PixelSpec) -> bytes:
    """The samples of one compressed frame as an uncompressed one holds them, little endian.

    They lie as PlanarConfiguration says; JPEG and JPEG 2000 colours come out as RGB, RLE ones unconverted. Raises
    RefusedError like `decode_frame`.
    """
    if spec.syntax == RLE_SYNTAX and spec.samples == 3:
        spec = replace(spec, photometric="RGB")
    stored = decode_frame(frame, spec)
    if spec.samples == 3 and spec.is_planar:
        stored = stored.transpose(2, 0, 1)
    return np.ascontiguousarray(stored).astype(spec.dtype, copy=False).tobytes()


def _native(frame: bytes, spec: PixelSpec) -> NDArray[Any]:
    if len(frame) != spec.frame_length:
        raise RefusedError("pixels.too_short", f"A frame has {len(frame)} bytes where {spec.frame_length} are needed.")
    flat = np.frombuffer(frame, dtype=spec.dtype)
    if spec.is_subsampled:
        pairs = flat.reshape(spec.rows, spec.columns // 2, 4)
        luma = pairs[..., :2].reshape(spec.rows, spec.columns)
        chroma = np.repeat(pairs[..., 2:], 2, axis=1).reshape(spec.rows, spec.columns, 2)
        return np.dstack([luma, chroma])
    if spec.samples == 1:
        return flat.reshape(spec.rows, spec.columns)
    if spec.is_planar:
        return flat.reshape(spec.samples, spec.rows, spec.columns).transpose(1, 2, 0)
    return flat.reshape(spec.rows, spec.columns, spec.samples)


def _compressed(frame: bytes, spec: PixelSpec) -> NDArray[Any]:
    try:
        pixels = _decoder_output(frame, spec)
    except RefusedError:
        raise
    except Exception as error:
        raise RefusedError(
            "codec.cannot_decode", f"A frame cannot be decoded ({str(error)[:120] or type(error).__name__})."
        ) from error
    return np.asarray(pixels)


def _decoder_output(frame: bytes, spec: PixelSpec) -> NDArray[Any]:
    if spec.syntax == RLE_SYNTAX:
        return _rle(frame, spec)
    if spec.syntax in JPEG_LS_SYNTAXES:
        return np.asarray(imagecodecs.jpegls_decode(frame))
    if spec.syntax in JPEG_2000_SYNTAXES:
        return np.asarray(imagecodecs.jpeg2k_decode(frame))
    if spec.syntax in JPEG_LOSSLESS:
        return np.asarray(imagecodecs.jpegsof3_decode(frame))
    if spec.syntax in JPEG_SYNTAXES:
        return _jpeg(frame, spec)
    raise RefusedError("codec.unknown", f"The transfer syntax {spec.syntax} is not one this system can decode.")


def _jpeg(frame: bytes, spec: PixelSpec) -> NDArray[Any]:
    if spec.samples == 1:
        return np.asarray(imagecodecs.jpeg_decode(frame, bitspersample=jpeg_precision(frame)))
    is_rgb_inside = spec.photometric == "RGB"
    return np.asarray(imagecodecs.jpeg8_decode(frame, colorspace="RGB" if is_rgb_inside else None, outcolorspace="RGB"))


def _rle(frame: bytes, spec: PixelSpec) -> NDArray[Any]:
    decoded = np.frombuffer(imagecodecs.dicomrle_decode(frame, spec.dtype), dtype=spec.dtype)
    if decoded.size < spec.rows * spec.columns * spec.samples:
        raise RefusedError("codec.damaged", "An RLE frame decodes to fewer pixels than its header says.")
    decoded = decoded[: spec.rows * spec.columns * spec.samples]
    if spec.samples == 1:
        return decoded.reshape(spec.rows, spec.columns)
    return decoded.reshape(spec.samples, spec.rows, spec.columns).transpose(1, 2, 0)


def _sign_extended(pixels: NDArray[Any], spec: PixelSpec) -> NDArray[Any]:
    """Values inside Bits Stored; what lies above them (overlays, padding) does not count (PS3.5 8.1.1)."""
    if pixels.dtype != spec.dtype:
        pixels = pixels.astype(spec.dtype)
    unused = spec.bits_allocated - spec.bits_stored
    if not unused:
        return pixels
    if spec.is_signed:
        return np.asarray(np.right_shift(np.left_shift(pixels, unused), unused))
    return np.asarray(pixels & np.array((1 << spec.bits_stored) - 1, dtype=pixels.dtype))


def rgb_from_ybr(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """8-bit YBR_FULL to RGB (PS3.3 C.7.6.3.1.2)."""
    y, cb, cr = (pixels[..., n].astype(np.float32) for n in range(3))
    cb, cr = cb - 128, cr - 128
    rgb = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=-1)
    return np.asarray(np.clip(np.rint(rgb), 0, 255), dtype=np.uint8)
