"""What a data set says about itself: is it an image of somebody, and can what it says be used?"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import UID

from medreview.archive.parsing.refusal import RefusedError
from medreview.archive.parsing.uids import is_usable_uid

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
_ENCAPSULATED = "1.2.840.10008.5.1.4.1.1.104."
_GEOMETRY = {"00200032": "Image Position", "00200037": "Image Orientation", "00280030": "Pixel Spacing"}
_DATE = re.compile(r"[0-9]{8}", re.ASCII)
_SHOWN_TAGS = 5
Header = Mapping[str, Any]


def identity(dataset: Dataset) -> dict[str, str]:
    """The UIDs and the modality that the file gives itself; unusable ones are empty."""
    found = {keyword: _text_or_nothing(dataset, keyword) for keyword in _IDENTIFIERS}
    known = {keyword: value if UID(value).is_valid and len(value) <= 64 else "" for keyword, value in found.items()}
    return {**known, "Modality": _text_or_nothing(dataset, "Modality")[:16]}


def identity_of_meta(meta: Dataset) -> dict[str, str]:
    """The same from the file meta information alone, for a file whose data set cannot be read."""
    named = Dataset()
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        setattr(named, keyword, _text_or_nothing(meta, f"MediaStorage{keyword}"))
    return identity(named)


def check_identifiers(dataset: FileDataset) -> None:
    for keyword in _IDENTIFIERS:
        uid = text(dataset, keyword)
        if not uid:
            raise RefusedError("required.missing", f"{keyword} is missing; a DICOM image must have it.")
        is_usable = UID(uid).is_valid if keyword == "SOPClassUID" else is_usable_uid(uid)
        if not is_usable:
            raise RefusedError("uid.invalid", f"{keyword} is not a valid UID: {uid[:70]!r}.")
    meta_uid = text(dataset.file_meta, "MediaStorageSOPInstanceUID")
    if meta_uid and meta_uid != str(dataset.SOPInstanceUID):
        raise RefusedError("uid.meta_differs", "The file meta information and the data set name different instances.")


def check_is_image(dataset: FileDataset, released: Collection[str]) -> None:
    modality = text(dataset, "Modality")
    name = UID(str(dataset.SOPClassUID)).name
    if str(dataset.SOPClassUID).startswith(_ENCAPSULATED) or "EncapsulatedDocument" in dataset:
        raise RefusedError("type.encapsulated_document", f"{name} is a document, not an image; it is never shown here.")
    if modality in _NOT_IMAGES:
        raise RefusedError(_NOT_IMAGES[modality], f"A {name} object is not an image series; it is not imported here.")
    if "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset:
        raise RefusedError("pixels.float", "Float Pixel Data cannot be shown; convert it to integers with a rescale.")
    if "PixelData" not in dataset:
        raise RefusedError("type.not_an_image", f"It holds no image ({name}).")
    burned = text(dataset, "BurnedInAnnotation").strip().upper()
    if burned == "YES" and "phi.burned_in_text" not in released:
        raise RefusedError("phi.burned_in_text", "Text over the image may name the patient. Redact or release it.")


def check_geometry(header: Header) -> None:
    """Refuse numbers that are none (NaN, infinity) where the image's place is said: nothing may be guessed from it."""
    for tag, name in _GEOMETRY.items():
        for part in _everywhere(header, tag):
            if any(value is None for value in part.get("Value", [])):
                raise RefusedError("geometry.not_a_number", f"{name} holds a value that is no finite number.")


def _everywhere(header: Header, tag: str) -> list[Mapping[str, Any]]:
    """The element in the data set and in its functional groups."""
    found = [header[tag]] if tag in header else []
    for entry in header.values():
        if entry.get("vr") == "SQ":
            for item in entry.get("Value", []):
                found += _everywhere(item, tag)
    return found


def warnings_of(header: Header, unreadable: Sequence[str], said: Sequence[str]) -> list[list[str]]:
    """Warnings about a header that can be used: elements left out, impossible dates, text in an unknown charset."""
    found = []
    if unreadable:
        tags = ", ".join(unreadable[:_SHOWN_TAGS])
        found.append(["header.unreadable_element", f"Elements that cannot be read were left out: {tags}."])
    dates = [tag for tag, entry in header.items() if entry.get("vr") == "DA" and not _are_dates(entry.get("Value", []))]
    if dates:
        tags = ", ".join(dates[:_SHOWN_TAGS])
        found.append(["header.impossible_date", f"Dates that do not exist are treated as unknown: {tags}."])
    if any("encod" in line.lower() or "character set" in line.lower() for line in said):
        found.append(["header.charset", "Text is not in the character set that the file states; its bytes are kept."])
    return found


def _are_dates(values: Sequence[Any]) -> bool:
    return all(is_date(str(value)) for value in values if value)


def is_date(value: str) -> bool:
    """Whether `value` is a day that exists, as YYYYMMDD (PS3.5 6.2)."""
    if not _DATE.fullmatch(value):
        return False
    try:
        date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return False
    return True


def text(dataset: Dataset, keyword: str) -> str:
    """An element as text, empty where there is none. Raises RefusedError where it cannot be read."""
    try:
        return str(dataset.get(keyword, "") or "")
    except Exception as error:
        raise RefusedError("parse.damaged", f"{keyword} cannot be read ({type(error).__name__}).") from error


def _text_or_nothing(dataset: Dataset, keyword: str) -> str:
    try:
        return text(dataset, keyword)
    except RefusedError:
        return ""
