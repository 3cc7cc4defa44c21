"""One DICOM file: is it what it says, and where are its frames? `dcmread` succeeding is not validation."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import FileDataset
from pydicom.uid import UID

from medreview.archive.parsing import frames
from medreview.archive.parsing.header_json import HeaderWriter
from medreview.archive.parsing.refusal import RefusedError
from medreview.archive.parsing.uids import is_usable_uid

DEFLATED = "1.2.840.10008.1.2.1.99"
NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", DEFLATED})
_MAX_INFLATED = 512 * 1024 * 1024
_MAX_RATIO = 100
_LARGE_FILE = 256 * 1024 * 1024
_IDENTIFIERS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
_NOT_IMAGES = {
    "SEG": "type.segmentation",
    "RTSTRUCT": "type.structure_set",
    "RTDOSE": "type.dose",
    "RTPLAN": "type.plan",
    "SR": "type.report",
    "PR": "type.presentation_state",
    "KO": "type.key_objects",
}
Answer = dict[str, Any]


def parse(path: Path, frames_path: Path) -> Answer:
    """Check a file with the DICM prefix and find its frames; writes `frames_path` when they must be taken out.

    Returns {"header", "transfer_syntax_uid", "frames", "frames_in", "frame_transfer_syntax_uid", "pixel_sha256",
    "warnings"}. Raises RefusedError.
    """
    inflated = frames_path.with_suffix(".inflated")
    try:
        dataset, source = _read(path, inflated)
        syntax = _transfer_syntax(dataset)
        _check_identifiers(dataset)
        _check_is_image(dataset)
        writer = HeaderWriter()
        header = writer.write(dataset)
        found = frames.find(dataset, syntax, source, frames_path, may_point_into_source=source == path)
    finally:
        inflated.unlink(missing_ok=True)
    warnings = found.warnings
    if writer.unreadable:
        tags = ", ".join(writer.unreadable[:5])
        warnings.append(["header.unreadable_element", f"Elements that cannot be read were left out: {tags}."])
    return {
        "header": header,
        "transfer_syntax_uid": syntax,
        "frames": found.places,
        "frames_in": found.frames_in,
        "frame_transfer_syntax_uid": found.syntax,
        "pixel_sha256": found.pixel_sha256,
        "warnings": warnings,
    }


def _read(path: Path, inflated: Path) -> tuple[FileDataset, Path]:
    try:
        meta = pydicom.filereader.read_file_meta_info(path)
        if str(meta.get("TransferSyntaxUID", "")) == DEFLATED:
            return pydicom.dcmread(_inflate(path, inflated)), inflated
        return pydicom.dcmread(path), path
    except RefusedError:
        raise
    except MemoryError as error:
        if path.stat().st_size > _LARGE_FILE:
            raise
        raise RefusedError("parse.damaged", "An element claims far more bytes than the file has.") from error
    except RecursionError as error:
        raise RefusedError("parse.too_deep", "Sequences are nested too deep to be read.") from error
    except Exception as error:
        raise RefusedError(
            "parse.damaged", f"The DICOM structure is damaged ({str(error)[:120] or type(error).__name__})."
        ) from error


def _inflate(path: Path, target: Path) -> Path:
    """The file with its deflated data set inflated within bounds, marked explicit little endian."""
    raw = path.read_bytes()
    length = int.from_bytes(raw[140:144], "little")
    start = 144 + length
    if raw[132:140] != b"\x02\x00\x00\x00UL\x04\x00" or start > len(raw):
        raise RefusedError("parse.damaged", "The file meta information of a deflated file is damaged.")
    limit = min(_MAX_INFLATED, max(_MAX_RATIO * len(raw), 1 << 20))
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    body = inflater.decompress(raw[start:], limit + 1)
    if len(body) > limit:
        raise RefusedError("parse.inflates_too_far", f"The deflated data grows beyond {limit} bytes.")
    meta = raw[144:start].replace(DEFLATED.encode(), b"1.2.840.10008.1.2.1\x00\x00\x00")
    target.write_bytes(raw[:144] + meta + body)
    return target


def _transfer_syntax(dataset: FileDataset) -> str:
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", ""))
    if not syntax:
        raise RefusedError("required.missing", "The file does not say its transfer syntax (0002,0010).")
    # The inflated copy of a deflated file is read as explicit little endian; its frames are served so.
    return syntax.rstrip("\x00")


def _check_identifiers(dataset: FileDataset) -> None:
    for keyword in _IDENTIFIERS:
        uid = str(dataset.get(keyword, "") or "")
        if not uid:
            raise RefusedError("required.missing", f"{keyword} is missing; a DICOM image must have it.")
        is_usable = UID(uid).is_valid if keyword == "SOPClassUID" else is_usable_uid(uid)
        if not is_usable:
            raise RefusedError("uid.invalid", f"{keyword} is not a valid UID: {uid[:70]!r}.")
    meta_uid = str(dataset.file_meta.get("MediaStorageSOPInstanceUID", "") or "")
    if meta_uid and meta_uid != str(dataset.SOPInstanceUID):
        raise RefusedError("uid.meta_differs", "The file meta information and the data set name different instances.")


def _check_is_image(dataset: FileDataset) -> None:
    modality = str(dataset.get("Modality", "") or "")
    name = UID(str(dataset.SOPClassUID)).name
    if modality in _NOT_IMAGES:
        raise RefusedError(_NOT_IMAGES[modality], f"A {name} object is not an image series; it is not imported here.")
    if "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset:
        raise RefusedError("pixels.float", "Float Pixel Data cannot be shown; convert it to integers with a rescale.")
    if "PixelData" not in dataset:
        raise RefusedError("type.not_an_image", f"It holds no image ({name}).")
    burned = str(dataset.get("BurnedInAnnotation", "") or "").strip().upper()
    if burned == "YES":
        raise RefusedError("phi.burned_in_text", "Text over the image may name the patient. Redact or release it.")
