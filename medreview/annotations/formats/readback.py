"""Reading exported files again without the code that wrote them, and comparing them with what was approved.

DICOM SEG by pydicom alone, NIfTI by its byte layout (NIfTI-1,
https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h), COCO by its JSON.
"""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from medreview.annotations.formats.content import Bools, ExportCase, ExportError, ExportGrid
from medreview.annotations.formats.nifti import label_mask

AFFINE_TOLERANCE_MM = 1e-4
_NIFTI_HEADER_BYTES = 348
_UINT8 = 2


def check_seg(path: Path, case: ExportCase, grid: ExportGrid) -> None:
    """Raises ExportError unless the file holds exactly the voxels of each segment on this stack."""
    found = read_seg(path, grid)
    marks = {mark.tracking_uid: mark for mark in case.marks_on(grid, "segment")}
    if set(found) != set(marks):
        raise ExportError(f"{path.name}: {len(found)} segments were read back, {len(marks)} were written.")
    for uid, mark in marks.items():
        if not np.array_equal(found[uid], mark.load()):
            raise ExportError(f"{path.name}: the voxels of finding {mark.finding_id} are not those that were approved.")


def read_seg(path: Path, grid: ExportGrid) -> dict[str, Bools]:
    """Tracking UID -> mask `(Z, Y, X)`, each frame placed by the image it says it was derived from."""
    dataset = pydicom.dcmread(path)
    rows, columns, count = int(dataset.Rows), int(dataset.Columns), int(dataset.NumberOfFrames)
    bits = np.unpackbits(np.frombuffer(dataset.PixelData, dtype=np.uint8), bitorder="little")
    planes = bits[: count * rows * columns].reshape(count, rows, columns).astype(bool)
    place = {(frame.sop_instance_uid, frame.frame): k for k, frame in enumerate(grid.frames)}
    uids = {int(item.SegmentNumber): str(item.TrackingUID) for item in dataset.SegmentSequence}
    masks = {uid: np.zeros(grid.shape_zyx, dtype=bool) for uid in uids.values()}
    for plane, groups in zip(planes, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        number = int(_group(dataset, groups, "SegmentIdentificationSequence").ReferencedSegmentNumber)
        source = _group(dataset, groups, "DerivationImageSequence").SourceImageSequence[0]
        frame = int(source.get("ReferencedFrameNumber", 1) or 1)
        masks[uids[number]][place[(str(source.ReferencedSOPInstanceUID), frame)]] = plane
    return masks


def _group(dataset: Dataset, of_frame: Dataset, keyword: str) -> Dataset:
    """A functional group of a frame: its own, or the one that all frames share (PS3.3 C.7.6.16)."""
    shared = dataset.SharedFunctionalGroupsSequence[0]
    for place in (of_frame, shared):
        if keyword in place:
            found: Dataset = place[keyword].value[0]
            return found
    raise ExportError(f"{keyword} is missing: the file does not say what its frames belong to.")


def check_nifti(path: Path, case: ExportCase, grid: ExportGrid) -> None:
    """Raises ExportError unless the volume is the label's mask, at the stack's place in the patient."""
    voxels, affine_ras = read_nifti(path)
    key = path.name.removesuffix(".nii.gz")
    if not np.array_equal(voxels.transpose(2, 1, 0).astype(bool), label_mask(case, grid, key)):
        raise ExportError(f"{path.name}: the voxels of label {key} are not those that were approved.")
    expected = np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.asarray(grid.affine_lps, dtype=np.float64)
    reach = np.array([*reversed(grid.shape_zyx)], dtype=np.float64)
    for corner in (np.zeros(3), reach - 1):
        point = np.append(corner, 1.0)
        if np.abs(affine_ras @ point - expected @ point).max() > AFFINE_TOLERANCE_MM * max(1.0, *reach):
            raise ExportError(f"{path.name}: the affine does not place the voxels where the stack has them.")


def read_nifti(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Voxels `(X, Y, Z)` and the RAS affine (sform) of a little-endian uint8 NIfTI-1 file."""
    data = gzip.decompress(path.read_bytes())
    size, magic = struct.unpack_from("<i", data, 0)[0], data[344:348]
    if size != _NIFTI_HEADER_BYTES or magic != b"n+1\0":
        raise ExportError(f"{path.name} is not a NIfTI-1 file.")
    dims = struct.unpack_from("<8h", data, 40)
    datatype, offset = struct.unpack_from("<h", data, 70)[0], int(struct.unpack_from("<f", data, 108)[0])
    if dims[0] != 3 or datatype != _UINT8:
        raise ExportError(f"{path.name} holds {dims[0]} axes of type {datatype}, not three of uint8.")
    affine = np.eye(4)
    affine[:3] = np.array(struct.unpack_from("<12f", data, 280), dtype=np.float64).reshape(3, 4)
    shape = dims[1:4]
    voxels = np.frombuffer(data, dtype=np.uint8, offset=offset, count=int(np.prod(shape)))
    return voxels.reshape(shape, order="F"), affine


class CocoReader:
    """The marks of a COCO file, put together again over slices by their tracking UID."""

    def __init__(self, path: Path) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        self._images = {image["id"]: image for image in document["images"]}
        self._by_mark: dict[str, list[dict[str, Any]]] = {}
        for annotation in document["annotations"]:
            self._by_mark.setdefault(annotation["attributes"]["tracking_uid"], []).append(annotation)
        self._keys = {category["id"]: category["key"] for category in document["categories"]}

    def check(self, case: ExportCase) -> None:
        """Raises ExportError unless the file says of this case exactly what was approved."""
        for grid in case.grids:
            for mark in case.marks_on(grid, "segment"):
                if not np.array_equal(self.mask(mark.tracking_uid, grid), mark.load()):
                    raise ExportError(f"Case {case.pseudonym}: finding {mark.finding_id} has other voxels in the file.")
            for mark in case.marks_on(grid, "box"):
                if self.box(mark.tracking_uid) != mark.geometry:
                    raise ExportError(f"Case {case.pseudonym}: box {mark.finding_id} lies elsewhere in the file.")
        for mark in case.marks:
            if mark.kind in ("segment", "box") and self.label_keys(mark.tracking_uid) != {mark.label.key}:
                raise ExportError(f"Case {case.pseudonym}: finding {mark.finding_id} has another label in the file.")

    def label_keys(self, tracking_uid: str) -> set[str]:
        return {self._keys[one["category_id"]] for one in self._by_mark.get(tracking_uid, [])}

    def mask(self, tracking_uid: str, grid: ExportGrid) -> Bools:
        mask = np.zeros(grid.shape_zyx, dtype=bool)
        for annotation in self._by_mark.get(tracking_uid, []):
            k = self._images[annotation["image_id"]]["k"]
            mask[k] = _decode_rle(annotation["segmentation"])
        return mask

    def box(self, tracking_uid: str) -> dict[str, list[int]]:
        """The half-open extent that the per-slice boxes span."""
        parts = self._by_mark.get(tracking_uid, [])
        slices = sorted(self._images[one["image_id"]]["k"] for one in parts)
        boxes = {tuple(one["bbox"]) for one in parts}
        if len(boxes) != 1 or slices != list(range(slices[0], slices[-1] + 1)):
            return {}
        x, y, width, height = boxes.pop()
        return {"start_zyx": [slices[0], y, x], "stop_zyx": [slices[-1] + 1, y + height, x + width]}


def _decode_rle(segmentation: dict[str, Any]) -> Bools:
    rows, columns = segmentation["size"]
    values = np.arange(len(segmentation["counts"])) % 2 == 1
    flat = np.repeat(values, segmentation["counts"])
    return flat.reshape(columns, rows).T
