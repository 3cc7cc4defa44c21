"""What a generated cohort is: one JSON file that names every study, its files, its grid and its truth.

Paths are relative to the cohort's folder. Geometry is LPS millimetres; `zyx` order for shapes, spacings and boxes; the
slice axis runs along the normal (row direction x column direction), ascending, whatever the files are called.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ml.contracts import JsonContract

# Part of every UID: raise it when the pixels or the truth of a given seed change, so that an archive which already
# holds the older cohort does not mistake the new files for damaged copies.
GENERATOR_VERSION = 2
MR_MARK = "synthetic demo: MNI152 template, artificial lesions"
CT_MARK = "synthetic demo: computed thorax, artificial nodules"
MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True)
class DemoStudy(JsonContract):
    """One study with its single series.

    `key` is its name in the cohort and that of its truth file; `affine_lps` is 4x4, row by row, (column, row, slice)
    to LPS mm. `lesion_boxes` are half-open (z0, y0, x0, z1, y1, x1), one per lesion (MR) or nodule (CT).
    `truth_labels` are the array names in the npz at `truth`: bool `zyx`, never overlapping. `pixels_sha256` is the hash
    of the slices' hashes in position order. `follow_up_of` is the key of the patient's earlier study.
    """

    key: str
    patient_id: str
    modality: str
    study_date: str
    description: str
    scanner: str
    orientation: str
    is_reversed: bool
    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    files: str
    file_count: int
    shape_zyx: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    affine_lps: tuple[tuple[float, ...], ...]
    lesion_count: int
    lesion_boxes: tuple[tuple[int, ...], ...]
    truth: str
    truth_labels: tuple[str, ...]
    truth_sha256: str
    pixels_sha256: str
    follow_up_of: str | None = None


@dataclass(frozen=True)
class Manifest(JsonContract):
    """The whole cohort. `mark` is the text every study carries in its DICOM header."""

    kind: str
    generator_version: int
    seed: int
    patients: int
    ct_slices: int
    mark: str
    studies: tuple[DemoStudy, ...]

    def is_made_with(self, *, seed: int, patients: int, ct_slices: int) -> bool:
        """Whether generating with these parameters would give this cohort again."""
        made = (self.generator_version, self.seed, self.patients, self.ct_slices)
        return made == (GENERATOR_VERSION, seed, patients, ct_slices)


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hash_slices(slice_hashes: list[bytes]) -> str:
    """One hexadecimal SHA-256 for a series, from the digests of its slices in position order."""
    return hashlib.sha256(b"".join(slice_hashes)).hexdigest()
