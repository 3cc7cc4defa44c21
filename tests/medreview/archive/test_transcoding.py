"""Whole files in Explicit VR Little Endian, whatever they are stored in: same elements and pixels, none left."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from django.conf import settings

from medreview.accounts.models import User
from medreview.archive.models import Instance
from medreview.archive.parsing.pool import ParseServer
from medreview.archive.parsing.transcode import TranscodeRequest
from medreview.core.blobs import path_of
from tests import phantoms
from tests.medreview.archive.conftest import TakeIn, client_of

ELE = "1.2.840.10008.1.2.1"
ASKED = f"application/dicom; transfer-syntax={ELE}"
RELATED = f'multipart/related; type="application/dicom"; transfer-syntax={ELE}'
# Pixels come in another form; group lengths and padding belong to the old encoding.
OTHER = {"PixelData", "PhotometricInterpretation", "ExtendedOffsetTable", "ExtendedOffsetTableLengths",
         "DataSetTrailingPadding"}  # fmt: skip
SHIPPED_FILES = Path(pydicom.__file__).parent / "data" / "test_files"
# (file that pydicom ships, how its colours are called afterwards)
SHIPPED = [
    ("693_J2KI.dcm", "MONOCHROME2"),
    ("ExplVR_BigEnd.dcm", "RGB"),
    ("image_dfl.dcm", "MONOCHROME2"),
    ("MR_small_implicit.dcm", "MONOCHROME2"),
    ("MR_small_bigendian.dcm", "MONOCHROME2"),
    ("MR_small_RLE.dcm", "MONOCHROME2"),
    ("SC_rgb_rle_2frame.dcm", "RGB"),
    ("JPEG2000.dcm", "MONOCHROME2"),
    ("SC_jpeg_no_color_transform.dcm", "RGB"),
    ("SC_ybr_full_422_uncompressed.dcm", "YBR_FULL_422"),
    ("examples_palette.dcm", "PALETTE COLOR"),
    ("SC_rgb_dcmtk_+eb+cy+np.dcm", "RGB"),
    ("SC_rgb_jpeg.dcm", "RGB"),
    ("SC_rgb_small_odd.dcm", "RGB"),
    ("examples_jpeg2k.dcm", "RGB"),
    ("examples_ybr_color.dcm", "RGB"),
    ("MR_small_jpeg_ls_lossless.dcm", "MONOCHROME2"),
]


def url_of(row: Instance, level: str = "instance") -> str:
    series = row.series
    url = f"/dicomweb/intake/studies/{series.study.study_instance_uid}/series/{series.series_instance_uid}"
    return f"{url}/instances/{row.sop_instance_uid}" if level == "instance" else url


def read(body: bytes) -> pydicom.FileDataset:
    return pydicom.dcmread(io.BytesIO(body))


def get(user: User, url: str, accept: str) -> Any:
    return client_of(user).get(url, HTTP_ACCEPT=accept)


def whole(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.parametrize(("name", "photometric"), SHIPPED, ids=[name for name, _ in SHIPPED])
def test_a_shipped_file_comes_with_its_elements_and_pixels(
    take_in: TakeIn, manager: User, name: str, photometric: str
) -> None:
    path = SHIPPED_FILES / name
    assert take_in(path).items.get().outcome in ("accepted", "warning")
    row = Instance.objects.select_related("series__study").get()
    answer = get(manager, url_of(row), ASKED)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/dicom")
    got = read(whole(answer))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sent = pydicom.dcmread(path)
        assert got.file_meta.TransferSyntaxUID == ELE
        assert got.file_meta.MediaStorageSOPInstanceUID == sent.file_meta.MediaStorageSOPInstanceUID
        kept = [element for element in sent if element.keyword not in OTHER and element.tag.element]
        assert [(e.tag, got[e.tag].VR, got[e.tag].value) for e in kept] == [(e.tag, e.VR, e.value) for e in kept]
        assert {e.tag for e in got} <= {e.tag for e in sent}
        assert got.PhotometricInterpretation == photometric
        if name != "examples_ybr_color.dcm":
            assert np.array_equal(got.pixel_array, sent.pixel_array)


def test_a_study_of_several_syntaxes_comes_whole(take_in: TakeIn, manager: User, tmp_path: Path) -> None:
    """More instances than one batch holds, stored ones between rewritten ones, in order, and no scratch left."""
    made = phantoms.write_mr_series(tmp_path / "s", shape_zyx=(20, 40, 32), transfer_syntax="jpegls", shuffle=False)
    for n in range(0, 20, 3):
        dataset = pydicom.dcmread(made.files[n])
        dataset.decompress(generate_instance_uid=False)
        dataset.save_as(made.files[n])
    take_in(tmp_path / "s")
    assert Instance.objects.values("transfer_syntax_uid").distinct().count() == 2
    row = Instance.objects.select_related("series__study").first()
    assert row is not None
    answer = get(manager, url_of(row, "series"), RELATED)
    assert answer.status_code == 200
    boundary = answer["Content-Type"].partition("boundary=")[2].encode()
    parts = whole(answer).split(b"\r\n--" + boundary)[1:-1]
    assert all(f"transfer-syntax={ELE}".encode() in part.partition(b"\r\n\r\n")[0] for part in parts)
    got = {found.SOPInstanceUID: found for found in (read(part.partition(b"\r\n\r\n")[2]) for part in parts)}
    for uid, plane in zip(made.sop_uids, made.stored, strict=True):
        assert np.array_equal(got[uid].pixel_array, plane)
    assert list(Path(settings.STAGING_DIR).glob("ingest-transcode-*")) == []


@pytest.mark.parametrize(
    ("accept", "status", "syntax"),
    [
        ("application/dicom; transfer-syntax=*", 200, "stored"),
        ('multipart/related; type="application/dicom"; transfer-syntax=*', 200, "stored"),
        ("application/dicom", 200, "stored"),
        ("*/*", 200, "stored"),
        (ASKED, 200, ELE),
        (RELATED, 200, ELE),
        (f"{ASKED}, application/dicom; transfer-syntax=*; q=0.5", 200, ELE),
        (f"{ASKED}; q=0.5, application/dicom; transfer-syntax=*", 200, "stored"),
        (f"application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50, {ASKED}; q=0.1", 200, ELE),
        ("application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50", 406, ""),
        ("application/dicom; transfer-syntax=1.2.840.10008.1.2", 406, ""),
        ("text/html", 406, ""),
    ],
)
def test_the_syntax_is_negotiated(
    take_in: TakeIn, manager: User, tmp_path: Path, accept: str, status: int, syntax: str
) -> None:
    phantoms.write_mr_series(tmp_path / "s", shape_zyx=(1, 40, 32), transfer_syntax="rle")
    take_in(tmp_path / "s")
    row = Instance.objects.select_related("series__study").get()
    answer = get(manager, url_of(row), accept)
    assert answer.status_code == status
    if status == 406:
        said = answer.json()["error"]
        assert said["code"] == "not_acceptable"
        for word in ("transfer-syntax=*", ELE, row.transfer_syntax_uid):
            assert word in said["message"]
        return
    body = whole(answer)
    start = body.index(b"DICM") - 128
    assert read(body[start:]).file_meta.TransferSyntaxUID == (row.transfer_syntax_uid if syntax == "stored" else syntax)


@pytest.mark.parametrize("damage", ["frames", "header", "gone"])
def test_bytes_that_went_bad_are_told_and_are_no_server_error(
    take_in: TakeIn, manager: User, tmp_path: Path, damage: str
) -> None:
    # Of its own: tests share the store, and one blob here is spoilt.
    phantoms.write_mr_series(tmp_path / damage, shape_zyx=(1, 40, 32), transfer_syntax="j2k", patient_id=damage)
    take_in(tmp_path / damage)
    row = Instance.objects.select_related("series__study").get()
    stored, frames = path_of(row.stored_id), path_of(str(row.frames_blob_id))
    if damage == "gone":
        stored.unlink()
    elif damage == "header":
        stored.write_bytes(b"\x00" * 128 + b"DICM" + b"\xff" * 400)
    else:
        offset, length = row.frames[0]
        content = bytearray(frames.read_bytes())
        content[offset : offset + length] = b"\x00" * length
        frames.write_bytes(content)
    answer = get(manager, url_of(row), ASKED)
    assert answer.status_code == (404 if damage == "gone" else 406)
    assert row.sop_instance_uid in answer.json()["error"]["message"]


def test_a_child_that_is_stopped_by_its_limits_gives_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child that rewrites lives under the limits of the one that reads."""
    path = SHIPPED_FILES / "JPEG2000.dcm"
    request = TranscodeRequest(0, str(path), str(path), [[0, 1 << 40]], "1.2.840.10008.1.2.4.91")
    with ParseServer(tmp_path / "w") as server:
        (answer,) = server.transcode([request])
        assert answer["rule"] in ("parse.memory_limit", "codec.cannot_decode")
        monkeypatch.setattr("medreview.archive.parsing.pool._BASE_MEMORY", 32 * 1024 * 1024)
        monkeypatch.setattr("medreview.archive.parsing.pool._MAX_MEMORY", 32 * 1024 * 1024)
        (answer,) = server.transcode([request])
        assert answer["rule"] in ("parse.crashed", "parse.memory_limit", "transcode.failed")
        assert "file" not in answer
