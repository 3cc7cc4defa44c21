"""Real image sets as a simulated reader sees them: files to import, and the truth of each file by its study UID."""

from __future__ import annotations

import hashlib
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from PIL import Image

from medreview.archive.parsing.derived import CONVERTER_VERSION
from medreview.archive.parsing.uids import uid_from
from ml.geometry import array_from_nifti, index_to_world, world_to_index
from tests.loop.readers import Truth
from tests.loop.sources import full_masks

BCCD_IMAGES = 80


@dataclass(frozen=True)
class RealSet:
    """Files to import with the options of `medreview import`, the label set, and a truth per study on a given grid."""

    name: str
    files: list[Path]
    patient_csv: str
    labels: list[dict[str, str]]
    truth: dict[str, Callable[[dict[str, Any]], Truth]]


def study_uid(path: Path) -> str:
    """The study UID that an imported file gets: derived from its bytes."""
    return uid_from(CONVERTER_VERSION, hashlib.sha256(path.read_bytes()).hexdigest(), "study")


def on_grid(mask_zyx: np.ndarray, affine_from: np.ndarray, stack: dict[str, Any]) -> np.ndarray:
    """The same voxels on the stack's grid, which may order or flip the axes differently."""
    shape = tuple(stack["shape_zyx"])
    index = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1).reshape(-1, 3)
    world = index_to_world(np.array(stack["affine_lps"]), index)
    source = np.rint(world_to_index(affine_from, world)).astype(int)
    inside = ((source >= 0) & (source < mask_zyx.shape)).all(axis=1)
    found = np.zeros(len(index), dtype=bool)
    found[inside] = mask_zyx[tuple(source[inside].T)] > 0
    return found.reshape(shape)


def hippocampus(folder: Path) -> RealSet:
    images = sorted((folder / "hippocampus" / "images").glob("*.nii.gz"))

    def truth_of(path: Path) -> Callable[[dict[str, Any]], Truth]:
        def truth(stack: dict[str, Any]) -> Truth:
            image: Any = nib.load(folder / "hippocampus" / "labels" / path.name)
            data, affine = array_from_nifti(np.asanyarray(image.dataobj), image.affine)
            names = {1: "anterior", 2: "posterior"}
            return Truth(masks={name: [on_grid(data == n, affine, stack)] for n, name in names.items()})

        return truth

    labels = [
        {"key": key, "name": key.title(), "kind": "segment", "findings": "one"} for key in ("anterior", "posterior")
    ]
    return RealSet("hippocampus", images, "", labels, {study_uid(path): truth_of(path) for path in images})


def chest(folder: Path) -> RealSet:
    document = json.loads((folder / "cxr" / "coco.json").read_text())
    masks = {path.stem: path for path in (folder / "cxr" / "masks").glob("*.png")}
    rows = [row for row in document["images"] if Path(row["file_name"]).stem in masks]
    images = [folder / "cxr" / "images" / row["file_name"] for row in rows]

    def truth_of(path: Path) -> Callable[[dict[str, Any]], Truth]:
        def truth(stack: dict[str, Any]) -> Truth:
            mask = np.asarray(Image.open(masks[path.stem]))
            if mask.shape != tuple(stack["shape_zyx"][1:]):
                mask = np.asarray(Image.fromarray(mask).resize(stack["shape_zyx"][:0:-1], Image.Resampling.NEAREST))
            return Truth(masks={"lung": full_masks((mask > 0)[None], "one")})

        return truth

    csv = "file,patient\n" + "".join(f"{row['file_name']},{row['patient']}\n" for row in rows)
    labels = [{"key": "lung", "name": "Lung", "kind": "segment", "findings": "one"}]
    return RealSet("cxr", images, csv, labels, {study_uid(path): truth_of(path) for path in images})


def blood(folder: Path) -> RealSet:
    images = sorted((folder / "bccd" / "images").glob("*.jpg"))[:BCCD_IMAGES]

    def truth_of(path: Path) -> Callable[[dict[str, Any]], Truth]:
        def truth(stack: dict[str, Any]) -> Truth:
            root = ElementTree.parse(folder / "bccd" / "annotations" / f"{path.stem}.xml").getroot()
            boxes: dict[str, list[tuple[tuple[int, ...], tuple[int, ...]]]] = {}
            for item in root.iter("object"):
                x0, y0, x1, y1 = (
                    int(item.findtext(f"bndbox/{edge}", "0")) for edge in ("xmin", "ymin", "xmax", "ymax")
                )
                rows, columns = stack["shape_zyx"][1:]
                start, stop = (0, max(y0 - 1, 0), max(x0 - 1, 0)), (1, min(y1, rows), min(x1, columns))
                if stop[1] > start[1] and stop[2] > start[2]:
                    boxes.setdefault(item.findtext("name", "").lower(), []).append((start, stop))
            return Truth(boxes=boxes)

        return truth

    labels = [{"key": key, "name": name, "kind": "box", "findings": "many"} for key, name in
              (("wbc", "WBC"), ("rbc", "RBC"), ("platelets", "Platelets"))]  # fmt: skip
    return RealSet("bccd", images, "", labels, {study_uid(path): truth_of(path) for path in images})
