"""Archive rows as DICOM JSON (PS3.18 F): the attributes a search must return, and headers as a viewer may see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medreview.accounts.models import Role
from medreview.accounts.selectors import Access
from medreview.archive.models import Instance, Series, Study

Attributes = dict[str, Any]
_IDENTIFYING = frozenset(
    {"00100021", "00100030", "00100032", "00101000", "00101001", "00101002", "00101005", "00101040", "00101060",
     "00102154", "00080050", "00080080", "00080081", "00080090", "00081048", "00081050", "00081070", "00200010",
     "00321032", "00400241"}
)  # fmt: skip
_PATIENT = ("00100010", "00100020")
_PIXEL_DATA = "7FE00010"


def value(vr: str, *values: Any) -> Attributes:
    kept = [one for one in values if one not in ("", None)]
    return {"vr": vr, "Value": kept} if kept else {"vr": vr}


def name(text: str) -> Attributes:
    return {"vr": "PN", "Value": [{"Alphabetic": text}]} if text else {"vr": "PN"}


def study_attributes(study: Study, access: Access, root: str, modalities: Sequence[str] = ()) -> Attributes:
    """PS3.18 table 10.6.3-3. What identifies a patient is for managers; others get the pseudonym in its place."""
    found = {
        "00080005": value("CS", "ISO_IR 192"),
        "00080020": value("DA", study.study_date),
        "00080030": value("TM", study.study_time),
        "00080056": value("CS", "ONLINE"),
        "00081030": value("LO", study.study_description),
        "00081190": value("UR", study_url(root, study)),
        "00100010": name(study.patient.pseudonym),
        "00100020": value("LO", study.patient.pseudonym),
        "00100040": value("CS", study.patient.sex),
        "0020000D": value("UI", study.study_instance_uid),
    }
    if access.has(Role.MANAGER):
        found |= {
            "00080050": value("SH", study.accession_number),
            "00080090": name(study.referring_physician_name),
            "00100010": name(study.patient_name),
            "00100020": value("LO", study.patient.patient_id),
            "00100030": value("DA", study.patient.birth_date),
            "00200010": value("SH", study.study_id),
        }
    if modalities:
        found["00080061"] = value("CS", *modalities)
    for tag, counted in (("00201206", "series_count"), ("00201208", "instance_count")):
        if hasattr(study, counted):
            found[tag] = value("IS", getattr(study, counted))
    return found


def series_attributes(series: Series, root: str) -> Attributes:
    """PS3.18 table 10.6.3-4."""
    found = {
        "00080056": value("CS", "ONLINE"),
        "00080060": value("CS", series.modality),
        "0008103E": value("LO", series.series_description),
        "00180015": value("CS", series.body_part_examined),
        "00081190": value("UR", series_url(root, series)),
        "0020000E": value("UI", series.series_instance_uid),
        "00200011": value("IS", series.series_number),
    }
    if hasattr(series, "instance_count"):
        found["00201209"] = value("IS", series.instance_count)
    return found


def instance_attributes(row: Instance, root: str) -> Attributes:
    """PS3.18 table 10.6.3-5."""
    return {
        "00080016": value("UI", row.sop_class_uid),
        "00080018": value("UI", row.sop_instance_uid),
        "00080056": value("CS", "ONLINE"),
        "00081190": value("UR", instance_url(root, row)),
        "00083002": value("UI", row.frame_transfer_syntax_uid),
        "00200013": value("IS", row.instance_number),
        "00280008": value("IS", row.number_of_frames),
        "00280010": value("US", row.rows),
        "00280011": value("US", row.columns),
        "00280100": value("US", row.bits_allocated or None),
    }


def study_url(root: str, study: Study) -> str:
    return f"{root}/studies/{study.study_instance_uid}"


def series_url(root: str, series: Series) -> str:
    return f"{study_url(root, series.study)}/series/{series.series_instance_uid}"


def instance_url(root: str, row: Instance) -> str:
    return f"{series_url(root, row.series)}/instances/{row.sop_instance_uid}"


def shown_header(row: Instance, access: Access, root: str) -> Attributes:
    """The stored header with the syntax its frames are served in; identity replaced for all but managers."""
    header = dict(row.header)
    if not access.has(Role.MANAGER):
        header = _without_identity(header)
        pseudonym = row.series.study.patient.pseudonym
        header |= {"00100010": name(pseudonym), "00100020": value("LO", pseudonym)}
    header["00083002"] = value("UI", row.frame_transfer_syntax_uid)
    vr = "OB" if row.bits_allocated == 8 else "OW"
    header[_PIXEL_DATA] = {"vr": vr, "BulkDataURI": f"{instance_url(root, row)}/bulkdata/{_PIXEL_DATA}"}
    return header


def _without_identity(header: Attributes) -> Attributes:
    """Without what names the patient and without private elements, which may hold anything; inside sequences too."""
    kept = {}
    for tag, entry in header.items():
        if tag in _IDENTIFYING or tag in _PATIENT or int(tag[:4], 16) % 2:
            continue
        if entry.get("vr") == "SQ":
            entry = {**entry, "Value": [_without_identity(item) for item in entry.get("Value", [])]}
        kept[tag] = entry
    return kept
