"""Generating the demo cohort: many patients and one CT, in parallel, atomically, once.

The result is a folder with `dicom/<patient>/<study>/*.dcm`, `truth/<study>.npz` and `manifest.json` (see `manifest`).
Needs no Django. Where processes are started afresh (macOS, Windows, and here on purpose: a fork of a process with
threads may hang) the calling program must be importable, as any installed command is; `workers=1` starts none.
"""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from medreview.demo.ct_series import write_ct_slices, write_ct_truth
from medreview.demo.manifest import GENERATOR_VERSION, MANIFEST_NAME, MR_MARK, DemoStudy, Manifest
from medreview.demo.patient import write_patient
from medreview.demo.template import find_template_folder
from ml.contracts import ContractError

Progress = Callable[[int, int, str], None]

_KIND = "medreview demo cohort"
_CT_CHUNK = 30  # slices a worker makes before it reports


class CohortFolderError(RuntimeError):
    """The output folder holds something that is not a demo cohort; the text names it and says what to do."""


@dataclass(frozen=True)
class _Part:
    """A unit of work for one worker: an MR patient, or CT slices `first` to `last` (exclusive) of `ct_slices`."""

    folder: Path
    seed: int
    patient: int | None = None
    first: int = 0
    last: int = 0
    ct_slices: int = 0

    @property
    def text(self) -> str:
        if self.patient is None:
            return f"CT slices {self.first + 1}-{self.last}"
        return f"patient DEMO-{self.patient + 1:03d}"


def generate_cohort(
    out_dir: Path,
    *,
    seed: int = 2026,
    patients: int = 40,
    progress: Progress | None = None,
    ct_slices: int = 300,
    workers: int = 2,
) -> Manifest:
    """Write the demo cohort to `out_dir` and describe it; a cohort already there with these parameters is returned.

    A cohort with other parameters or of another generator version is replaced. The work happens in
    `<out_dir>.partial`, renamed at the end: `out_dir` is complete or absent. `ct_slices` slices always span the
    whole 300 mm (0 leaves the CT out). `progress(done, total, text)` is called in this process, first with done = 0.

    Raises TemplateMissingError without nilearn, CohortFolderError when `out_dir` holds something else, ValueError
    for a negative number.
    """
    if patients < 0 or ct_slices < 0 or workers < 1 or patients + ct_slices == 0:
        raise ValueError(
            f"generate_cohort: patients={patients}, ct_slices={ct_slices}, workers={workers}; "
            "give at least one patient or CT slice, one worker, and nothing negative"
        )
    existing = read_cohort(out_dir)
    if existing is not None and existing.is_made_with(seed=seed, patients=patients, ct_slices=ct_slices):
        return existing
    if patients:
        find_template_folder()  # to complain before anything is written

    partial = out_dir.with_name(out_dir.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    parts = _plan(partial, seed, patients, ct_slices)
    studies: list[DemoStudy] = []
    ct_digests: dict[int, list[bytes]] = {}
    for done, (part, result) in enumerate(_run(parts, workers, progress), start=1):
        if part.patient is None:
            ct_digests[part.first] = result[1]
        else:
            studies.extend(result[0])
        if progress is not None:
            progress(done, len(parts), part.text)
    if ct_slices:
        digests = [digest for first in sorted(ct_digests) for digest in ct_digests[first]]
        studies.append(write_ct_truth(partial, seed=seed, ct_slices=ct_slices, digests=digests))
    manifest = Manifest(
        kind=_KIND,
        generator_version=GENERATOR_VERSION,
        seed=seed,
        patients=patients,
        ct_slices=ct_slices,
        mark=MR_MARK,
        studies=tuple(sorted(studies, key=lambda study: study.key)),
    )
    manifest.write(partial / MANIFEST_NAME)
    shutil.rmtree(out_dir, ignore_errors=True)
    partial.replace(out_dir)
    return manifest


def read_cohort(folder: Path) -> Manifest | None:
    """The manifest of a cohort in `folder`; None where the folder is absent or empty.

    Raises CohortFolderError when the folder holds anything else, or a manifest of an unknown form.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    try:
        manifest = Manifest.read(folder / MANIFEST_NAME)
    except (OSError, ValueError, ContractError) as error:
        raise CohortFolderError(
            f"{folder} exists and is not a demo cohort ({error}). Choose another folder or remove this one."
        ) from error
    if manifest.kind != _KIND:
        raise CohortFolderError(f"{folder} exists and holds {manifest.kind!r}. Choose another folder.")
    return manifest


def _plan(folder: Path, seed: int, patients: int, ct_slices: int) -> list[_Part]:
    parts = [_Part(folder, seed, patient=number) for number in range(patients)]
    chunk = min(_CT_CHUNK, max(1, ct_slices // 2))
    for first in range(0, ct_slices, chunk):
        last = min(first + chunk, ct_slices)
        parts.append(_Part(folder, seed, first=first, last=last, ct_slices=ct_slices))
    return parts


_Result = tuple[tuple[DemoStudy, ...], list[bytes]]


def _run(parts: list[_Part], workers: int, progress: Progress | None) -> Iterator[tuple[_Part, _Result]]:
    """Results in the order in which they are finished. A daemonic process may not start others: it works alone."""
    if progress is not None:
        progress(0, len(parts), "starting")
    if workers == 1 or len(parts) == 1 or multiprocessing.current_process().daemon:
        for part in parts:
            yield part, _work(part)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(parts)), mp_context=context)
    try:
        futures: dict[Future[_Result], _Part] = {pool.submit(_work, part): part for part in parts}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _work(part: _Part) -> _Result:
    if part.patient is not None:
        return write_patient(part.folder, seed=part.seed, number=part.patient), []
    return (), write_ct_slices(part.folder, seed=part.seed, first=part.first, last=part.last, ct_slices=part.ct_slices)
