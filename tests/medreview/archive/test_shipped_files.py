"""Files that pydicom ships, and ours in the syntaxes it does not: frames go out as they lie in the file, and decode to
what pydicom decodes."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import HTJ2KLossless, HTJ2KLosslessRPCL

from medreview.accounts.models import User
from medreview.archive.models import Instance
from medreview.archive.parsing.pool import ParseServer
from medreview.archive.parsing.work import FileRequest
from tests import phantoms
from tests.medreview.archive.conftest import TakeIn, client_of

SHIPPED = Path(pydicom.data.__file__).parent / "test_files"
ELE = "1.2.840.10008.1.2.1"
ANY = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
DECODED = f'multipart/related; type="application/octet-stream"; transfer-syntax={ELE}'
# What is no image of ours, and why; everything else that pydicom can decode must come in.
REFUSED_RULES = ("type.", "uid.", "required.", "pixels.", "codec.", "parse.", "phi.")


def shipped() -> list[Path]:
    found = []
    for path in sorted(SHIPPED.glob("*.dcm")):
        with path.open("rb") as stream:
            if stream.read(132)[128:] == b"DICM":
                found.append(path)
    return found


def frames_of(dataset: pydicom.FileDataset, count: int) -> list[bytes]:
    """The frames as they lie in the file (little endian)."""
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return list(generate_frames(dataset.PixelData, number_of_frames=count))
    length = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * dataset.BitsAllocated // 8
    return [dataset.PixelData[n * length : (n + 1) * length] for n in range(count)]


def bodies(answer: object) -> list[bytes]:
    content = answer.content if not answer.streaming else b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    boundary = answer["Content-Type"].rsplit("boundary=", 1)[1].encode()  # type: ignore[index]
    parts = content.split(b"\r\n--" + boundary)[1:-1]
    return [part.split(b"\r\n\r\n", 1)[1] for part in parts]


def check_frames(user: User, row: Instance, path: Path) -> None:
    dataset, client = pydicom.dcmread(path), client_of(user)
    series = row.series
    url = (
        f"/dicomweb/intake/studies/{series.study.study_instance_uid}/series/{series.series_instance_uid}"
        f"/instances/{row.sop_instance_uid}/frames/{','.join(str(n + 1) for n in range(min(row.number_of_frames, 8)))}"
    )
    count = min(row.number_of_frames, 8)
    is_big = dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.2"
    if not is_big and dataset.get("PhotometricInterpretation") != "YBR_FULL_422":
        got = bodies(client.get(url, HTTP_ACCEPT=ANY))
        assert got == frames_of(dataset, row.number_of_frames)[:count]
    if row.header["00280002"]["Value"] == [1]:
        decoded = bodies(client.get(url, HTTP_ACCEPT=DECODED))
        try:
            truth = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
        except RuntimeError:
            assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.51"  # 12-bit JPEG: pydicom cannot
            return
        kind = f"<{'i' if dataset.PixelRepresentation else 'u'}{dataset.BitsAllocated // 8}"
        for n, frame in enumerate(decoded):
            assert np.array_equal(np.frombuffer(frame, kind).reshape(truth.shape[1:]), truth[n])


@pytest.mark.parametrize("path", shipped(), ids=lambda p: p.name)
def test_a_file_of_pydicoms_is_served_as_it_is_or_refused_by_a_rule(take_in: TakeIn, manager: User, path: Path) -> None:
    item = take_in(path).items.get()
    if item.outcome in ("refused", "quarantined"):
        assert item.rule.startswith(REFUSED_RULES), (item.rule, item.reason)
        return
    check_frames(manager, Instance.objects.select_related("series__study").get(), path)


def test_most_of_what_pydicom_ships_comes_in(tmp_path: Path) -> None:
    """The parametrised test passes for a refusal too: hold the number of those that come in, and their syntaxes."""
    with ParseServer(tmp_path) as server:
        answers = server.parse([FileRequest(n, str(path), path.name, "", "", "OT") for n, path in enumerate(shipped())])
    taken = [answer["instances"][0]["transfer_syntax_uid"] for answer in answers if "instances" in answer]
    print(Counter(taken), Counter(answer["rule"] for answer in answers if "rule" in answer))
    assert len(taken) >= 45
    assert {ELE, "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5"} <= set(
        taken
    )
    assert {f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 70, 80, 90, 91)} <= set(taken)


@pytest.mark.parametrize("syntax", [HTJ2KLossless, HTJ2KLosslessRPCL])
def test_htj2k_is_served_as_it_is(take_in: TakeIn, manager: User, tmp_path: Path, syntax: str) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s", shape_zyx=(1, 64, 48))
    dataset = pydicom.dcmread(phantom.files[0])
    frame = imagecodecs.htj2k_encode(phantom.stored[0])
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    out = io.BytesIO()
    dataset.save_as(out)
    (tmp_path / "h.dcm").write_bytes(out.getvalue())
    take_in(tmp_path / "h.dcm")
    row = Instance.objects.select_related("series__study").get()
    assert row.frame_transfer_syntax_uid == syntax
    check_frames(manager, row, tmp_path / "h.dcm")
