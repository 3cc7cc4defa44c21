"""NIfTI: per stack one uint8 volume (0 and 1) per marked label, in the stack's own grid, and a JSON file of names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from medreview.annotations.formats.content import Bools, ExportCase, ExportGrid
from ml.geometry import array_to_nifti

SIDECAR = "labels.json"


def write_nifti(case: ExportCase, grid: ExportGrid, folder: Path) -> list[Path]:
    """Write the labels with voxels on this stack and the sidecar; returns the files, none when nothing is marked."""
    keys = sorted({mark.label.key for mark in case.marks_on(grid, "segment")})
    if not keys:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for key in keys:
        files.append(folder / f"{key}.nii.gz")
        _write_volume(label_mask(case, grid, key), grid, files[-1])
    sidecar = folder / SIDECAR
    sidecar.write_text(json.dumps(_sidecar(case, grid, keys), indent=2, ensure_ascii=False), encoding="utf-8")
    return [*files, sidecar]


def label_mask(case: ExportCase, grid: ExportGrid, label_key: str) -> Bools:
    """All findings of one label on one stack together, `(Z, Y, X)`."""
    union = np.zeros(grid.shape_zyx, dtype=bool)
    for mark in case.marks_on(grid, "segment"):
        if mark.label.key == label_key:
            union |= mark.load()
    return union


def _write_volume(mask: Bools, grid: ExportGrid, path: Path) -> None:
    data_xyz, affine_ras = array_to_nifti(mask.astype(np.uint8), grid.affine_lps)
    nifti1: Any = nib.nifti1  # comes without types
    image = nifti1.Nifti1Image(data_xyz, affine_ras)
    # Code 1 is "scanner anatomical"; 0 says that nothing is known about where the voxels are.
    code = 1 if grid.orientation_known else 0
    image.set_sform(affine_ras, code=code or 2)
    image.set_qform(affine_ras, code=code)
    image.header.set_xyzt_units("mm" if grid.spacing_known else "unknown")
    image.to_filename(path)


def _sidecar(case: ExportCase, grid: ExportGrid, keys: list[str]) -> dict[str, Any]:
    return {
        "case": case.pseudonym,
        "reading_id": case.reading_id,
        "series_instance_uid": grid.series_uid,
        "spacing_known": grid.spacing_known,
        "orientation_known": grid.orientation_known,
        "labels": [
            {
                "key": label.key,
                "name": label.name,
                "code": {"scheme": label.scheme, "value": label.value, "meaning": label.meaning},
                "status": case.label_status.get(label.key, "not_assessed"),
                "file": f"{label.key}.nii.gz" if label.key in keys else None,
            }
            for label in case.labels
            if label.kind == "segment"
        ],
    }
