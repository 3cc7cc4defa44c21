"""What a stack is made of: one entry per frame, read from the headers, before anything is sorted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medreview.archive import headers
from medreview.archive.headers import Header
from medreview.archive.parsing.derived import ORIENTATION_ASSUMED

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Slice:
    """One frame. `position` (LPS mm) and `orientation` (six cosines) are None when absent; `spacing_mm` is (between
    rows, between columns). `time` orders frames that share a position."""

    sop_instance_uid: str
    frame: int
    name: str
    rows: int
    columns: int
    samples: int
    photometric: str
    frame_of_reference_uid: str
    position: Triple | None
    orientation: tuple[float, ...] | None
    spacing_mm: tuple[float, float] | None
    thickness_mm: float | None
    is_multi_frame: bool
    is_at_detector: bool
    is_orientation_assumed: bool
    time: tuple[float, ...]
    instance_number: int
    rescale: tuple[float, float] | None
    pixel_sha256: str


def slices_of(header: Header, *, name: str, pixel_sha256: str, frame_count: int) -> list[Slice]:
    """The frames of one instance, in stored order. `name` is what people know the file by."""
    shared = headers.first_item(header, "SharedFunctionalGroupsSequence")
    per_frame: Sequence[Header] = headers.items(header, "PerFrameFunctionalGroupsSequence")
    found = []
    for index in range(frame_count):
        own: Header = per_frame[index] if index < len(per_frame) else {}
        found.append(_slice(header, shared, own, index + 1, frame_count, name, pixel_sha256))
    return found


def _slice(
    header: Header, shared: Header, own: Header, frame: int, frame_count: int, name: str, pixel_sha256: str
) -> Slice:
    is_multi_frame = frame_count > 1
    position = headers.numbers(_group(header, shared, own, "PlanePositionSequence"), "ImagePositionPatient", 3)
    orientation = headers.numbers(_group(header, shared, own, "PlaneOrientationSequence"), "ImageOrientationPatient", 6)
    measures = _group(header, shared, own, "PixelMeasuresSequence")
    spacing = headers.numbers(measures, "PixelSpacing", 2)
    if is_multi_frame and not own and not shared:
        position = orientation = None  # one position cannot hold for many frames
    return Slice(
        sop_instance_uid=headers.text(header, "SOPInstanceUID", 64),
        frame=frame,
        name=name,
        rows=headers.integer(header, "Rows") or 0,
        columns=headers.integer(header, "Columns") or 0,
        samples=headers.integer(header, "SamplesPerPixel") or 1,
        photometric=headers.text(header, "PhotometricInterpretation", 32),
        frame_of_reference_uid=headers.text(header, "FrameOfReferenceUID", 64),
        position=(position[0], position[1], position[2]) if position else None,
        orientation=orientation,
        spacing_mm=(spacing[0], spacing[1]) if spacing and min(spacing) > 0 else None,
        thickness_mm=_positive(measures, "SpacingBetweenSlices") or _positive(measures, "SliceThickness"),
        is_multi_frame=is_multi_frame,
        is_at_detector=spacing is None and headers.is_present(header, "ImagerPixelSpacing"),
        is_orientation_assumed=headers.text(header, "ImageComments") == ORIENTATION_ASSUMED,
        time=_time(header, own),
        instance_number=headers.integer(header, "InstanceNumber") or 0,
        rescale=rescale_of(header, shared, own),
        pixel_sha256=f"{pixel_sha256}/{frame}" if is_multi_frame else pixel_sha256,
    )


def rescale_of(header: Header, shared: Header, own: Header) -> tuple[float, float] | None:
    """(slope, intercept); (1, 0) when the header has none, None when what it has cannot be used."""
    where = _group(header, shared, own, "PixelValueTransformationSequence")
    if not headers.is_present(where, "RescaleSlope") and not headers.is_present(where, "RescaleIntercept"):
        return 1.0, 0.0
    slope, intercept = headers.number(where, "RescaleSlope"), headers.number(where, "RescaleIntercept")
    if slope is None or intercept is None or slope == 0:
        return None
    return slope, intercept


def _group(header: Header, shared: Header, own: Header, sequence: str) -> Header:
    """Where a functional group's attributes are: the frame's own, the shared one, or the data set itself."""
    return headers.first_item(own, sequence) or headers.first_item(shared, sequence) or header


def _positive(header: Header, keyword: str) -> float | None:
    value = headers.number(header, keyword)
    return abs(value) if value else None


def _time(header: Header, own: Header) -> tuple[float, ...]:
    """What tells frames at one position apart, most telling first."""
    content = headers.first_item(own, "FrameContentSequence")
    keys = ("TemporalPositionIdentifier", "EchoNumbers", "DiffusionBValue", "TriggerTime", "AcquisitionNumber")
    found = [headers.number(content, "TemporalPositionIndex") or 0.0]
    found += [headers.number(header, keyword) or 0.0 for keyword in keys]
    acquired = headers.text(header, "AcquisitionTime") or headers.text(header, "ContentTime")
    return (*found, float(acquired) if acquired.replace(".", "", 1).isdigit() else 0.0)
