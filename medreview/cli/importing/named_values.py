"""Names of mask values from a `dataset.json` (Medical Segmentation Decathlon or nnU-Net)."""

from __future__ import annotations

import json
from pathlib import Path


def names_of_values(root: Path) -> dict[str, str]:
    """Value (as text) to name; empty without a `dataset.json`."""
    path = root / "dataset.json"
    if not path.exists():
        return {}
    try:
        labels = json.loads(path.read_text(encoding="utf-8")).get("labels", {})
    except (ValueError, AttributeError):
        return {}
    found = {}
    for key, value in labels.items():
        number, name = (key, value) if str(key).isdecimal() else (value, key)
        if isinstance(name, str) and str(number).isdecimal() and int(number):
            found[str(number)] = name
    return found
