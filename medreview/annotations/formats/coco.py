"""COCO: one `annotations.json`. Each slice of a stack is an image; a segment is an RLE per slice, a box a `bbox` per
slice.

COCO knows no third axis: a mark that spans slices is one annotation per slice, tied together by
`attributes.tracking_uid`, with the slice in `attributes.k`. `bbox` is [x, y, width, height] in pixels of the slice; RLE
counts run down the columns.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from medreview.annotations.formats.content import Bools, ExportCase, ExportGrid, ExportLabel, ExportMark

FILE_NAME = "annotations.json"


class CocoDocument:
    """Collects cases, then writes the file."""

    def __init__(self, *, description: str) -> None:
        self._info = {"description": description, "version": "1"}
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        self._labels: dict[str, ExportLabel] = {}

    def add(self, case: ExportCase) -> None:
        for label in case.labels:
            if label.kind in ("segment", "box"):
                self._labels.setdefault(label.key, label)
        for grid in case.grids:
            images = [self._add_image(case, grid, k) for k in range(grid.shape_zyx[0])]
            for mark in case.marks_on(grid, "segment"):
                self._add_segment(mark, images)
            for mark in case.marks_on(grid, "box"):
                self._add_box(mark, images)

    def write(self, path: Path) -> int:
        """Write the file; returns the number of annotations."""
        labels = sorted(self._labels.values(), key=lambda label: (label.order, label.key))
        numbers = {label.key: number for number, label in enumerate(labels, start=1)}
        for annotation in self._annotations:
            annotation["category_id"] = numbers[annotation["attributes"]["label_key"]]
        document = {
            "info": self._info,
            "licenses": [],
            "categories": [_category(numbers[label.key], label) for label in labels],
            "images": self._images,
            "annotations": self._annotations,
        }
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        return len(self._annotations)

    def _add_image(self, case: ExportCase, grid: ExportGrid, k: int) -> int:
        number = len(self._images) + 1
        frame = grid.frames[k]
        self._images.append(
            {
                "id": number,
                "width": grid.shape_zyx[2],
                "height": grid.shape_zyx[1],
                "file_name": f"{case.folder}/stack-{grid.id}/{k:04d}",
                "dicom": {
                    "series_instance_uid": grid.series_uid,
                    "sop_instance_uid": frame.sop_instance_uid,
                    "frame": frame.frame,
                },
                "k": k,
                "label_status": case.label_status,
            }
        )
        return number

    def _add_segment(self, mark: ExportMark, images: Sequence[int]) -> None:
        mask = mark.load()
        for k in np.flatnonzero(mask.reshape(len(mask), -1).any(axis=1)).tolist():
            plane = mask[k]
            rows, columns = np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0))
            y0, y1, x0, x1 = (int(v) for v in (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1))
            shape = {"size": [int(plane.shape[0]), int(plane.shape[1])], "counts": rle_counts(plane)}
            self._add(mark, images[k], k, [x0, y0, x1 - x0, y1 - y0], int(plane.sum()), shape)

    def _add_box(self, mark: ExportMark, images: Sequence[int]) -> None:
        (z0, y0, x0), (z1, y1, x1) = mark.geometry["start_zyx"], mark.geometry["stop_zyx"]
        corners = [x0, y0, x1, y0, x1, y1, x0, y1]
        for k in range(z0, z1):
            self._add(mark, images[k], k, [x0, y0, x1 - x0, y1 - y0], (x1 - x0) * (y1 - y0), [corners])

    def _add(self, mark: ExportMark, image: int, k: int, bbox: list[int], area: int, segmentation: Any) -> None:
        self._annotations.append(
            {
                "id": len(self._annotations) + 1,
                "image_id": image,
                "bbox": bbox,
                "area": area,
                "iscrowd": 0,
                "segmentation": segmentation,
                "attributes": {
                    "label_key": mark.label.key,
                    "tracking_uid": mark.tracking_uid,
                    "k": k,
                    "provenance": mark.provenance,
                    "kind": mark.kind,
                },
            }
        )


def _category(number: int, label: ExportLabel) -> dict[str, Any]:
    code = {"scheme": label.scheme, "value": label.value, "meaning": label.meaning}
    return {"id": number, "name": label.name, "supercategory": label.kind, "key": label.key, "code": code}


def rle_counts(plane: Bools) -> list[int]:
    """COCO's uncompressed run lengths of a `(row, column)` mask: down the columns, zeros first."""
    flat = plane.ravel(order="F").astype(np.int8)
    edges = np.flatnonzero(np.diff(flat)) + 1
    bounds = np.concatenate(([0], edges, [len(flat)]))
    counts = np.diff(bounds).tolist()
    return [0, *counts] if len(flat) and flat[0] else list(counts)
