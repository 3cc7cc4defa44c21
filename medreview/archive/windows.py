"""Window presets and thumbnails of a stack. Centres and widths are in modality values (after the rescale)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medreview.archive import headers
from medreview.archive.headers import Header

Preset = dict[str, Any]
THUMBNAIL_SIDE = 192
_HU_PRESETS = (
    ("lung", "Lung", -600.0, 1500.0),
    ("soft", "Soft tissue", 40.0, 400.0),
    ("bone", "Bone", 400.0, 1800.0),
    ("brain", "Brain", 40.0, 80.0),
)


def is_hu(header: Header) -> bool:
    """ "HU" only where the header says so: RescaleType HU, or a CT image with a rescale and no other type."""
    kind = headers.text(header, "RescaleType", 16)
    if kind:
        return kind == "HU"
    is_ct = headers.text(header, "Modality", 16) == "CT"
    return is_ct and headers.is_present(header, "RescaleIntercept") and headers.is_present(header, "RescaleSlope")


def presets(header: Header, samples: Sequence[NDArray[np.float32]], *, hu: bool) -> list[Preset]:
    """The first one is the default: the header's own, else what the pixels suggest. Colour images have none."""
    if samples and samples[0].ndim == 3:
        return []
    found = _from_header(header)
    if not found or not hu:
        found.append(_from_pixels(samples))
    if hu:
        found += [{"key": key, "name": name, "center": c, "width": w} for key, name, c, w in _HU_PRESETS]
    return found


def _from_header(header: Header) -> list[Preset]:
    voi = headers.first_item(headers.first_item(header, "SharedFunctionalGroupsSequence"), "FrameVOILUTSequence")
    source = voi or header
    centers, widths = headers.values(source, "WindowCenter"), headers.values(source, "WindowWidth")
    names = headers.values(source, "WindowCenterWidthExplanation")
    found = []
    for n, (center, width) in enumerate(zip(centers, widths, strict=False)):
        if not isinstance(center, int | float) or not isinstance(width, int | float) or width <= 0 or n >= 8:
            continue
        name = str(names[n])[:40] if n < len(names) and names[n] else "Header"
        found.append({"key": f"header{n + 1}", "name": name, "center": float(center), "width": float(width)})
    return found


def _from_pixels(samples: Sequence[NDArray[np.float32]]) -> Preset:
    """1st to 99th percentile of what is not background (the lowest value)."""
    joined = np.concatenate([piece[::2, ::2].ravel() for piece in samples]) if samples else np.zeros(1, np.float32)
    inside = joined[joined > joined.min()]
    low, high = np.percentile(inside if len(inside) else joined, (1, 99))
    width = max(float(high - low), 1.0)
    return {"key": "auto", "name": "Auto", "center": float(low + high) / 2, "width": width}


def picture(plane: NDArray[np.float32], preset: Preset | None, *, is_inverted: bool = False) -> Image.Image:
    """One slice as an 8-bit picture of the same size: colours as they are, grey through the window."""
    if plane.ndim == 3:
        return Image.fromarray(np.clip(plane, 0, 255).astype(np.uint8))
    center, width = (preset["center"], preset["width"]) if preset else (127.5, 255.0)
    grey = (plane - (center - width / 2)) * (255.0 / width)
    shown = np.clip(grey, 0, 255).astype(np.uint8)
    return Image.fromarray(255 - shown if is_inverted else shown)


def thumbnail(
    plane: NDArray[np.float32], found: Sequence[Preset], *, aspect: float = 1.0, is_inverted: bool = False
) -> bytes:
    """PNG of one slice, at most 192 px a side. `aspect` is row spacing over column spacing; `is_inverted` for
    MONOCHROME1 values."""
    image = picture(plane, found[0] if found else None, is_inverted=is_inverted)
    height = image.height * min(max(aspect, 0.1), 10.0)
    scale = THUMBNAIL_SIDE / max(image.width, height)
    size = (max(1, round(image.width * scale)), max(1, round(height * scale)))
    out = io.BytesIO()
    image.resize(size, Image.Resampling.BILINEAR).save(out, format="PNG")
    return out.getvalue()
