"""What the child does with one file: tell its kind, convert it when it is not DICOM, parse the result."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from medreview.archive.parsing import convert_image, convert_nifti, derived, dicom_file
from medreview.archive.parsing.refusal import RefusedError

_CHUNK = 1 << 20


@dataclass(frozen=True)
class FileRequest:
    """One file to look at. `patient_id` and `modality` are used only for files that are not DICOM; `released` names the
    rules that a person has waived."""

    KIND: ClassVar[str] = "parse"

    index: int
    path: str
    name: str
    patient_id: str
    description: str
    modality: str
    released: Sequence[str] = ()


def kind_of(path: Path) -> str:
    """ "dicom", "nifti", "image", "archive" or "" from the first bytes, never from the name alone."""
    with path.open("rb") as stream:
        head = stream.read(352)
    if head[128:132] == b"DICM":
        return "dicom"
    if head[:8] == b"\x89PNG\r\n\x1a\n" or head[:3] == b"\xff\xd8\xff":
        return "image"
    if head[344:348] == b"n+1\x00" or head[:2] == b"\x1f\x8b":
        return "nifti"
    return "archive" if head[:4] == b"PK\x03\x04" else ""


def digest_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def do(request: FileRequest, folder: Path) -> dict[str, Any]:
    """{"index", "instances": [...]} or {"index", "rule", "reason"}; files it makes are in `folder`."""
    try:
        return {"index": request.index, "instances": _instances(request, folder)}
    except RefusedError as refused:
        said = {"rule": refused.rule, "reason": _one_line(refused.reason), "identity": dict(refused.identity)}
        return {"index": request.index, **said}
    except MemoryError:
        return {"index": request.index, "rule": "parse.memory_limit", "reason": "Reading it needs too much memory."}
    except BaseException as error:  # codecs written in Rust panic outside Exception
        reason = f"Reading it failed ({type(error).__name__})."
        return {"index": request.index, "rule": "parse.failed", "reason": reason}


def _one_line(text: str) -> str:
    """A decoder's message may quote the file: nothing that is not printable leaves the child."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _instances(request: FileRequest, folder: Path) -> list[dict[str, Any]]:
    path, target = Path(request.path), folder / f"f{request.index}"
    kind = kind_of(path)
    if kind == "dicom":
        return [{**dicom_file.parse(path, target.with_suffix(".frames"), request.released), "file": ""}]
    if request.name.lower().endswith((".dcm", ".dicom")) and kind in ("image", "nifti"):
        raise RefusedError("type.name_differs", f"It is called DICOM but is another kind of file ({kind}).")
    origin = derived.Origin(digest_of(path), request.patient_id, request.description, request.modality)
    if kind == "image":
        made = convert_image.convert(path, target, origin)
    elif kind == "nifti" and request.name.lower().endswith((".nii", ".nii.gz")):
        made = convert_nifti.convert(path, target, origin)
    else:
        raise RefusedError("type.not_an_image", "Not DICOM, NIfTI, PNG or JPG.")
    return [{**dicom_file.parse(file, file.with_suffix(".frames")), "file": file.name} for file in made]
