"""PNG and JPEG as Secondary Capture. Pixels stay as stored: labels made on the file refer to them unrotated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medreview.archive.parsing import derived
from medreview.archive.parsing.refusal import RefusedError

MAX_PIXELS = 100_000_000


def convert(path: Path, target: Path, origin: derived.Origin) -> list[Path]:
    """Write one DICOM file beside `target`; raises RefusedError."""
    dataset = derived.start(origin, 1, is_volume=False)
    derived.set_pixels(dataset, read_image(path))
    return [derived.write(dataset, target.with_name(f"{target.name}-0.dcm"))]


def read_image(path: Path) -> NDArray[Any]:
    """`(rows, columns)` uint8 or uint16, or `(rows, columns, 3)` uint8. Raises RefusedError."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise RefusedError("pixels.too_many", f"{image.width} x {image.height} pixels are too many.")
            return _array(image)
    except RefusedError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise RefusedError("parse.damaged", f"The image cannot be read ({str(error)[:120]}).") from error


def _array(image: Image.Image) -> NDArray[Any]:
    if image.mode in ("I;16", "I;16L", "I;16B", "I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65_535:
            raise RefusedError("pixels.bits", "The image has values beyond 16 bits.")
        return values.astype(np.uint16)
    if image.mode in ("1", "L", "LA"):
        return np.asarray(image.convert("L"))
    return np.asarray(image.convert("RGB"))
