"""dicomweb-client against a real running server: store, search, retrieve."""

from __future__ import annotations

import io

import httpx
import numpy as np
import pydicom
import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from PIL import Image

from tests import phantoms
from tests.medreview.archive.live import LiveWeb
from tests.phantoms import Phantom

ELE = "1.2.840.10008.1.2.1"


def client_of(live: LiveWeb, token: str) -> DICOMwebClient:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    return DICOMwebClient(url=live.dicomweb, session=session)


@pytest.fixture(scope="module")
def client(live: LiveWeb) -> DICOMwebClient:
    return client_of(live, live.token)


@pytest.fixture(scope="module")
def stored(live: LiveWeb, client: DICOMwebClient, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Phantom]:
    """A series in each syntax, stored by the client."""
    made = {}
    for syntax in ("native", *phantoms.COMPRESSED_SYNTAXES):
        made[syntax] = phantoms.write_mr_series(
            tmp_path_factory.mktemp("series") / syntax,
            shape_zyx=(4, 40, 32),
            patient_id=f"LIVE-{syntax}",
            patient_name=f"Live^{syntax.title()}",
            transfer_syntax=None if syntax == "native" else syntax,
            extra={"AccessionNumber": f"ACC-{syntax}", "StudyDate": "20240229"},
        )
        answer = client.store_instances([pydicom.dcmread(path) for path in made[syntax].files])
        assert len(answer.ReferencedSOPSequence) == 4
        assert "FailedSOPSequence" not in answer
    return made


def test_studies_are_found_by_what_people_know(stored: dict[str, Phantom], client: DICOMwebClient) -> None:
    def found(**filters: str) -> set[str]:
        rows = client.search_for_studies(search_filters={"PatientID": "LIVE-*", **filters})
        return {pydicom.Dataset.from_json(row).PatientID for row in rows}

    assert found() == {f"LIVE-{syntax}" for syntax in stored}
    assert found(PatientID="LIVE-rle") == {"LIVE-rle"}
    assert found(PatientID="live-rle") == set()
    assert found(PatientName="live^j*") == {"LIVE-jpegls", "LIVE-j2k"}
    assert found(AccessionNumber="ACC-j?k") == {"LIVE-j2k"}
    assert found(StudyDate="20240201-20240301") == {f"LIVE-{syntax}" for syntax in stored}
    assert found(StudyDate="20240301-") == set()
    assert found(ModalitiesInStudy="CT,MR") == {f"LIVE-{syntax}" for syntax in stored}
    assert found(ModalitiesInStudy="CT") == set()
    assert len(client.search_for_studies(limit=1, offset=1)) == 1


def test_series_and_instances_are_found_below_and_across_studies(
    stored: dict[str, Phantom], client: DICOMwebClient
) -> None:
    phantom = stored["native"]
    series = client.search_for_series(phantom.study_uid)
    assert [row["0020000E"]["Value"] for row in series] == [[phantom.series_uid]]
    assert series[0]["00201209"]["Value"] == [4]
    assert len(client.search_for_series(search_filters={"Modality": "MR", "PatientID": "LIVE-*"})) == len(stored)
    assert len(client.search_for_instances(phantom.study_uid)) == 4
    assert len(client.search_for_instances(phantom.study_uid, phantom.series_uid)) == 4
    assert len(client.search_for_instances(search_filters={"PatientID": "LIVE-*"})) == 4 * len(stored)
    wanted = client.search_for_instances(
        phantom.study_uid, search_filters={"SOPInstanceUID": ",".join(phantom.sop_uids[:2])}, fields=["PixelSpacing"]
    )
    assert {row["00080018"]["Value"][0] for row in wanted} == set(phantom.sop_uids[:2])
    assert all(row["00280030"]["Value"] for row in wanted)


def test_metadata_of_every_level_is_the_stored_header(stored: dict[str, Phantom], client: DICOMwebClient) -> None:
    phantom = stored["native"]
    truth = pydicom.dcmread(phantom.files[0])
    for rows in (
        client.retrieve_study_metadata(phantom.study_uid),
        client.retrieve_series_metadata(phantom.study_uid, phantom.series_uid),
    ):
        assert {row["00080018"]["Value"][0] for row in rows} == set(phantom.sop_uids)
    one = client.retrieve_instance_metadata(phantom.study_uid, phantom.series_uid, phantom.sop_uids[0])
    read = pydicom.Dataset.from_json(one, bulk_data_uri_handler=lambda tag, vr, uri: b"")
    assert read.ImagePositionPatient == truth.ImagePositionPatient
    assert read.PatientName == truth.PatientName


def test_instances_come_back_byte_for_byte(stored: dict[str, Phantom], client: DICOMwebClient) -> None:
    for phantom in stored.values():
        sent = {uid: pydicom.dcmread(path) for uid, path in zip(phantom.sop_uids, phantom.files, strict=True)}
        whole = client.retrieve_study(phantom.study_uid)
        series = client.retrieve_series(phantom.study_uid, phantom.series_uid)
        one = client.retrieve_instance(phantom.study_uid, phantom.series_uid, phantom.sop_uids[1])
        assert len(whole) == len(series) == 4
        for got in (*whole, *series, one):
            truth = sent[got.SOPInstanceUID]
            assert got == truth
            assert got.PixelData == truth.PixelData
            assert got.file_meta.TransferSyntaxUID == truth.file_meta.TransferSyntaxUID


def test_instances_come_uncompressed_to_who_asks_for_that(stored: dict[str, Phantom], client: DICOMwebClient) -> None:
    media = (("application/dicom", ELE),)
    for phantom in stored.values():
        one = client.retrieve_instance(phantom.study_uid, phantom.series_uid, phantom.sop_uids[1], media_types=media)
        series = client.retrieve_series(phantom.study_uid, phantom.series_uid, media_types=media)
        study = client.retrieve_study(phantom.study_uid, media_types=media)
        assert len(series) == len(study) == 4
        for got in (one, *series, *study):
            position = phantom.sop_uids.index(got.SOPInstanceUID)
            assert got.file_meta.TransferSyntaxUID == ELE
            assert got.PixelData == phantom.stored[position].astype("<u2").tobytes()
            assert got.PatientID == pydicom.dcmread(phantom.files[position]).PatientID


def test_frames_come_as_stored_or_decoded(stored: dict[str, Phantom], client: DICOMwebClient) -> None:
    for syntax, phantom in stored.items():
        kept = str(phantoms.COMPRESSED_SYNTAXES.get(syntax, ELE))
        where = (phantom.study_uid, phantom.series_uid, phantom.sop_uids[2])
        decoded = client.retrieve_instance_frames(*where, [1], media_types=(("application/octet-stream", ELE),))
        assert np.array_equal(np.frombuffer(decoded[0], "<u2"), phantom.stored[2].ravel()), syntax
        plain = client.retrieve_instance_frames(*where, [1], media_types=("application/octet-stream",))
        assert plain == decoded
        as_stored = client.retrieve_instance_frames(*where, [1], media_types=(("application/octet-stream", "*"),))
        truth = pydicom.dcmread(phantom.files[2])
        frame = (
            truth.PixelData
            if kept == ELE
            else next(pydicom.encaps.generate_frames(truth.PixelData, number_of_frames=1))
        )
        assert as_stored[0] == frame, syntax
        bulk = client.retrieve_bulkdata(
            f"{client.base_url}/studies/{where[0]}/series/{where[1]}/instances/{where[2]}/bulkdata/7FE00010"
        )
        assert bulk[0] == frame


def test_rendered_images_follow_the_window(stored: dict[str, Phantom], client: DICOMwebClient) -> None:
    phantom = stored["jpegls"]
    where = (phantom.study_uid, phantom.series_uid, phantom.sop_uids[0])
    plain = client.retrieve_instance_rendered(*where, media_types=("image/png",))
    dark = client.retrieve_instance_rendered(*where, media_types=("image/png",), params={"window": "100000,10"})
    frame = client.retrieve_instance_frames_rendered(*where, [1], media_types=("image/jpeg",))
    image = Image.open(io.BytesIO(plain))
    assert (image.format, image.size) == ("PNG", (32, 40))
    assert np.asarray(image).std() > 10
    assert np.asarray(Image.open(io.BytesIO(dark))).max() == 0
    assert Image.open(io.BytesIO(frame)).format == "JPEG"


def test_storing_twice_changes_nothing_and_other_bytes_are_a_conflict(
    stored: dict[str, Phantom], client: DICOMwebClient
) -> None:
    phantom = stored["native"]
    again = client.store_instances([pydicom.dcmread(path) for path in phantom.files])
    assert len(again.ReferencedSOPSequence) == 4
    other = pydicom.dcmread(phantom.files[0])
    other.PixelData = bytes(len(other.PixelData))
    with pytest.raises(requests.HTTPError) as failed:
        client.store_instances([other])
    assert failed.value.response.status_code == 409
    answer = pydicom.Dataset.from_json(failed.value.response.json())
    assert answer.FailedSOPSequence[0].FailureReason == 0x0111
    assert answer.FailedSOPSequence[0].ReferencedSOPInstanceUID == phantom.sop_uids[0]
    mixed = client.store_instances([other, pydicom.dcmread(phantom.files[1])])
    assert (len(mixed.FailedSOPSequence), len(mixed.ReferencedSOPSequence)) == (1, 1)
    kept = client.retrieve_instance(phantom.study_uid, phantom.series_uid, phantom.sop_uids[0])
    assert kept.PixelData == pydicom.dcmread(phantom.files[0]).PixelData


def test_a_reader_sees_pseudonyms_and_neither_files_nor_identity(live: LiveWeb, stored: dict[str, Phantom]) -> None:
    reader = client_of(live, live.reader_token)
    phantom = stored["rle"]
    text = str(reader.search_for_studies()) + str(reader.search_for_instances(fields=["PatientName", "PatientID"]))
    assert "LIVE-" not in text
    assert "Live" not in text
    assert "ACC-" not in text
    assert reader.search_for_studies(search_filters={"PatientID": "LIVE-rle"}) == []
    assert reader.search_for_studies(search_filters={"AccessionNumber": "ACC*"}) == []
    pseudonym = reader.search_for_studies()[0]["00100020"]["Value"][0]
    assert len(reader.search_for_studies(search_filters={"PatientID": pseudonym})) == 1
    for refused in (lambda: reader.retrieve_study(phantom.study_uid), lambda: reader.store_instances([])):
        with pytest.raises(requests.HTTPError) as failed:
            refused()
        assert failed.value.response.status_code == 403
    assert reader.retrieve_instance_frames(phantom.study_uid, phantom.series_uid, phantom.sop_uids[0], [1])


def test_a_body_too_large_or_packed_is_refused_before_it_is_read(live: LiveWeb) -> None:
    headers = {
        "Authorization": f"Bearer {live.token}",
        "Content-Type": 'multipart/related; type="application/dicom"; boundary=b',
    }
    with httpx.Client(timeout=10) as http:
        packed = http.post(f"{live.dicomweb}/studies", headers={**headers, "Content-Encoding": "gzip"}, content=b"x")
        assert packed.status_code == 415
    import socket

    with socket.create_connection(("127.0.0.1", live.port), timeout=10) as wire:
        lines = [
            f"POST /dicomweb/{live.slug}/studies HTTP/1.1", f"Host: 127.0.0.1:{live.port}",
            f"Content-Length: {4 << 30}", *(f"{name}: {text}" for name, text in headers.items()),
        ]  # fmt: skip
        wire.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        assert b" 413 " in wire.recv(4096)
