"""NIfTI volumes as single-frame MR-like slices with the file's exact affine, oblique and flipped included.

DICOM column, row and slice are NIfTI's i, j and k; the affine goes from RAS to LPS. Slices are written in k order; the
archive then orders them along the normal, which reverses k where the file's axes are left-handed.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from medreview.archive.parsing import derived
from medreview.archive.parsing.refusal import RefusedError
from ml.geometry import GeometryError, ras_to_lps

_MAX_INFLATED = 2 * 1024 * 1024 * 1024
_FREE_INFLATED = 128 * 1024 * 1024
_MAX_RATIO = 100
MAX_VOLUMES = 64
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stored:
    """Integers with the rescale that gives the file's values back."""

    values: NDArray[Any]
    slope: float
    intercept: float


def convert(path: Path, target: Path, origin: derived.Origin) -> list[Path]:
    """Write one DICOM file per slice and volume beside `target`; raises RefusedError."""
    plain = target.with_suffix(".nii")
    try:
        return _write(load(path, plain), target, origin)
    finally:
        plain.unlink(missing_ok=True)


def _write(image: Any, target: Path, origin: derived.Origin) -> list[Path]:
    data = np.asarray(image.dataobj.get_unscaled())
    volumes = _volumes(data)
    slope, intercept = _header_rescale(image)
    affine, is_known = _affine(image)
    written: list[Path] = []
    for part, volume in enumerate(volumes):
        one = replace(origin, part=part, description=_description(origin, part, len(volumes)))
        stored = _as_integers(volume, slope, intercept)
        for k in range(volume.shape[2]):
            dataset = derived.start(one, k + 1, is_volume=True)
            _set_geometry(dataset, one, affine, k, is_known=is_known)
            derived.set_pixels(dataset, stored.values[:, :, k].T)
            dataset.RescaleSlope, dataset.RescaleIntercept = _ds(stored.slope), _ds(stored.intercept)
            dataset.RescaleType = "HU" if origin.modality == "CT" else "US"
            written.append(derived.write(dataset, target.with_name(f"{target.name}-{len(written)}.dcm")))
    return written


def load(path: Path, plain: Path) -> Any:
    """The image, inflated within bounds to `plain` where it is compressed. Raises RefusedError."""
    with path.open("rb") as stream:
        is_gzip = stream.read(2) == b"\x1f\x8b"
    if is_gzip:
        _inflate(path, plain)
    try:
        image: Any = nibabel.Nifti1Image.from_filename(plain if is_gzip else path)
        size = int(np.prod([max(1, int(n)) for n in image.shape], dtype=object)) * image.get_data_dtype().itemsize
    except Exception as error:
        raise RefusedError("parse.damaged", f"The NIfTI file cannot be read ({str(error)[:120]}).") from error
    if size > _MAX_INFLATED:
        raise RefusedError("pixels.too_many", f"The volume of {size} bytes is beyond the {_MAX_INFLATED} allowed.")
    if size + int(image.dataobj.offset) > (plain if is_gzip else path).stat().st_size:
        raise RefusedError("pixels.too_short", "The file ends before the volume that its header promises.")
    return image


def _inflate(path: Path, target: Path) -> None:
    limit = min(_MAX_INFLATED, max(_FREE_INFLATED, _MAX_RATIO * path.stat().st_size))
    inflater, total = zlib.decompressobj(16 + zlib.MAX_WBITS), 0
    with path.open("rb") as source, target.open("wb") as out:
        while chunk := source.read(1 << 18):
            while chunk:
                try:
                    piece = inflater.decompress(chunk, 1 << 22)
                except zlib.error as error:
                    raise RefusedError("parse.damaged", f"The gzip data is damaged ({error}).") from error
                total += len(piece)
                if total > limit:
                    raise RefusedError("parse.inflates_too_far", f"The gzip data grows beyond {limit} bytes.")
                out.write(piece)
                chunk = inflater.unconsumed_tail
        if not inflater.eof:
            raise RefusedError("parse.damaged", "The gzip data is cut off.")


def _volumes(data: NDArray[Any]) -> list[NDArray[Any]]:
    while data.ndim > 3 and data.shape[-1] == 1:
        data = data[..., 0]
    if data.ndim == 2:
        data = data[..., np.newaxis]
    if data.dtype.names or data.dtype.kind not in "iuf":
        raise RefusedError("pixels.type", f"Voxels of type {data.dtype} are not supported; use integers or floats.")
    if data.ndim == 3 and min(data.shape) > 0:
        return [data]
    if data.ndim == 4 and 0 < data.shape[3] <= MAX_VOLUMES:
        return [data[..., t] for t in range(data.shape[3])]
    raise RefusedError("pixels.axes", f"A volume of shape {data.shape} cannot be shown.")


def _header_rescale(image: Any) -> tuple[float, float]:
    slope, intercept = image.dataobj.slope, image.dataobj.inter
    if not (np.isfinite(slope) and np.isfinite(intercept)) or slope == 0:
        return 1.0, 0.0
    return float(slope), float(intercept)


def _as_integers(volume: NDArray[Any], slope: float, intercept: float) -> Stored:
    """Exact where the values are integers that fit 16 bits; else 16 bits over the range of the volume."""
    if volume.dtype.kind == "f":
        volume = np.nan_to_num(volume.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(volume.min()), float(volume.max())
    is_whole = volume.dtype.kind in "iu" or bool((volume == np.rint(volume)).all())
    for dtype in (np.uint8, np.int16, np.uint16):
        limits = np.iinfo(dtype)
        if is_whole and limits.min <= low and high <= limits.max:
            return Stored(volume.astype(dtype), slope, intercept)
    step = (high - low) / 65_535 or 1.0
    levels = np.rint((volume.astype(np.float64) - low) / step).astype(np.uint16)
    return Stored(levels, step * slope, low * slope + intercept)


def _affine(image: Any) -> tuple[Floats, bool]:
    """(LPS affine, whether the file states its orientation). Raises RefusedError for one that DICOM cannot hold."""
    is_known = bool(int(image.header["sform_code"]) or int(image.header["qform_code"]))
    try:
        affine = ras_to_lps(image.affine)
    except GeometryError as error:
        raise RefusedError("geometry.not_usable", f"The affine cannot be used: {error}.") from error
    unit = affine[:3, :2] / np.linalg.norm(affine[:3, :2], axis=0)
    if abs(float(unit[:, 0] @ unit[:, 1])) > 1e-4:
        raise RefusedError(
            "geometry.sheared", "The rows and columns of the volume are not at right angles; resample it first."
        )
    return affine, is_known


def _set_geometry(dataset: Any, origin: derived.Origin, affine: Floats, k: int, *, is_known: bool) -> None:
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    dataset.PixelSpacing = [_ds(lengths[1]), _ds(lengths[0])]
    dataset.SliceThickness = _ds(lengths[2])
    dataset.SpacingBetweenSlices = _ds(lengths[2])
    dataset.FrameOfReferenceUID = origin.uid("frame of reference")
    directions = affine[:3, :2] / lengths[:2]
    dataset.ImageOrientationPatient = [_ds(v) for v in (*directions[:, 0], *directions[:, 1])]
    dataset.ImagePositionPatient = [_ds(v) for v in affine[:3, 3] + k * affine[:3, 2]]
    if not is_known:
        dataset.ImageComments = derived.ORIENTATION_ASSUMED


def _ds(value: float) -> str:
    """A decimal string of at most 16 characters (PS3.5 6.2) with all the digits that fit."""
    for digits in range(16, 0, -1):
        text = f"{float(value):.{digits}g}"
        if len(text) <= 16:
            return text
    raise RefusedError("geometry.not_usable", f"The number {value} does not fit a DICOM decimal string.")


def _description(origin: derived.Origin, part: int, count: int) -> str:
    return origin.description if count == 1 else f"{origin.description} volume {part + 1} of {count}"
