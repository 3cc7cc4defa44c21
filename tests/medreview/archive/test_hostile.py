"""Known-bad files: each is refused by a named rule, none brings anything down, good neighbours come in."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from medreview.archive import staging
from medreview.archive.models import Instance
from medreview.archive.parsing import pool
from medreview.archive.parsing.pool import ParseServer
from medreview.archive.parsing.work import FileRequest
from medreview.core.models import Blob
from tests import phantoms
from tests.medreview.archive.conftest import TakeIn

Change = Callable[[pydicom.FileDataset], object]


def good_file(folder: Path) -> Path:
    return phantoms.write_cr_image(folder, shape_yx=(16, 12)).files[0]


def set_to(**values: object) -> Change:
    def change(dataset: pydicom.FileDataset) -> None:
        for keyword, value in values.items():
            setattr(dataset, keyword, value)

    return change


def encapsulated(syntax: str, frame: bytes) -> Change:
    def change(dataset: pydicom.FileDataset) -> None:
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.PixelData = encapsulate([frame])

    return change


def nested(depth: int) -> Change:
    def change(dataset: pydicom.FileDataset) -> None:
        inner = Dataset()
        for _ in range(depth):
            outer = Dataset()
            outer.ReferencedStudySequence = Sequence([inner])
            inner = outer
        dataset.ReferencedStudySequence = Sequence([inner])

    return change


def without(keyword: str) -> Change:
    return lambda dataset: dataset.__delattr__(keyword)


def meta_without_syntax(dataset: pydicom.FileDataset) -> None:
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4.5"


JPEG_HUGE = b"\xff\xd8\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00" + b"\xff\xd9"
J2K_HUGE = (
    b"\xff\x4f\xff\x51"
    + struct.pack(">HHIIIIIIIIH", 41, 0, 20_000, 20_000, 0, 0, 20_000, 20_000, 0, 0, 1)
    + b"\x0f\x01\x01"
)
CHANGES: dict[str, tuple[Change, str]] = {
    "uid that is a path": (set_to(SOPInstanceUID="../../etc/passwd"), "uid.invalid"),
    "uid too long": (set_to(StudyInstanceUID="1." + "2" * 80), "uid.invalid"),
    "uid with a leading zero": (set_to(SeriesInstanceUID="1.02.3"), "uid.invalid"),
    "uid of the standard": (set_to(SeriesInstanceUID="1.2.840.10008.1.2"), "uid.invalid"),
    "no study uid": (without("StudyInstanceUID"), "required.missing"),
    "meta names another instance": (meta_without_syntax, "uid.meta_differs"),
    "rows of zero": (set_to(Rows=0), "pixels.empty"),
    "huge size without data": (set_to(Rows=65535, Columns=65535, NumberOfFrames="9999"), "pixels.too_short"),
    "too few pixels": (set_to(PixelData=b"\0" * 10), "pixels.too_short"),
    "too many pixels": (set_to(PixelData=b"\0" * 4000), "pixels.too_long"),
    "more bits stored than allocated": (set_to(BitsStored=20), "pixels.bits"),
    "one bit": (set_to(BitsAllocated=1, BitsStored=1), "pixels.bits"),
    "rgb with one channel": (set_to(PhotometricInterpretation="RGB"), "pixels.photometric"),
    "palette without palette": (set_to(PhotometricInterpretation="PALETTE COLOR"), "pixels.no_palette"),
    "no pixels": (without("PixelData"), "type.not_an_image"),
    "a report": (set_to(Modality="SR"), "type.report"),
    "nested a hundred times": (nested(100), "parse.too_deep"),
    "jpeg that claims 65535 squared": (encapsulated(JPEGBaseline8Bit, JPEG_HUGE), "codec.size_differs"),
    "j2k that claims 20000 squared": (encapsulated(JPEG2000Lossless, J2K_HUGE), "codec.size_differs"),
    "raw data called jpeg": (encapsulated(JPEGBaseline8Bit, b"\1\2\3\4" * 40), "codec.not_a_codestream"),
    "rle with offsets outside": (
        encapsulated(RLELossless, struct.pack("<16I", 2, 64, 90_000, *([0] * 13)) + b"\0" * 10), "codec.damaged",
    ),
    "rle cut": (encapsulated(RLELossless, struct.pack("<16I", 2, 64, 66, *([0] * 13)) + b"\x7f\0\0\0"), "codec."),
    "frames that are not there": (
        lambda d: [encapsulated(JPEGBaseline8Bit, JPEG_HUGE)(d), setattr(d, "NumberOfFrames", "5")],
        "pixels.f",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_bad_header_is_refused_by_its_rule(take_in: TakeIn, tmp_path: Path, name: str) -> None:
    change, rule = CHANGES[name]
    path = good_file(tmp_path / "bad")
    with pydicom.config.disable_value_validation():
        dataset = pydicom.dcmread(path)
        change(dataset)
        pydicom.dcmwrite(path, dataset, enforce_file_format=False, force_encoding=False)
    import_ = take_in(tmp_path / "bad")
    item = import_.items.get()
    assert item.outcome == "refused"
    assert item.rule.startswith(rule), (item.rule, item.reason)
    assert item.reason
    assert not Instance.objects.exists()
    assert not Blob.objects.exists()


RAW: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda raw: b"", "type.not_an_image"),
    "one byte": (lambda raw: b"x", "type.not_an_image"),
    "unknown syntax": (lambda raw: raw.replace(b"10008.1.2.1\0", b"10008.1.2.9\0", 1), "codec.unknown"),
    "a web page": (lambda raw: b"<html>" * 100, "type.not_an_image"),
    "no preamble": (lambda raw: raw[132:], "type.not_an_image"),
    "preamble only": (lambda raw: raw[:132], "parse.damaged|required.missing"),
    "cut in the meta header": (lambda raw: raw[:160], "parse.damaged|required.missing"),
    "cut in the middle": (lambda raw: raw[: len(raw) // 2], "pixels.too_short|parse.damaged|required.missing"),
    "cut in the pixels": (lambda raw: raw[:-20], "pixels.too_short"),
    "element that claims 4 GB": (
        lambda raw: raw[: raw.index(b"\xe0\x7f\x10\x00")] + b"\xe0\x7f\x10\x00OW\0\0\xfe\xff\xff\xff" + b"\0" * 100,
        "parse.damaged|pixels.too_short",
    ),
    "png called dcm and cut": (lambda raw: b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "type.name_differs"),
    "gzip that is no volume": (lambda raw: b"\x1f\x8b" + b"\0" * 50, "type.name_differs"),
    "a zip that is none": (lambda raw: b"PK\x03\x04" + b"\0" * 50, "archive.damaged"),
}  # fmt: skip


@pytest.mark.parametrize("name", RAW)
def test_damaged_bytes_are_refused_and_good_neighbours_come_in(take_in: TakeIn, tmp_path: Path, name: str) -> None:
    change, rules = RAW[name]
    bad = tmp_path / "all" / "bad.dcm"
    good_file(tmp_path / "all" / "good")
    bad.write_bytes(change(good_file(tmp_path / "source").read_bytes()))
    import_ = take_in(tmp_path / "all")
    refused = import_.items.get(outcome="refused")
    assert refused.name == "all/bad.dcm"
    assert refused.rule in rules.split("|"), (refused.rule, refused.reason)
    assert Instance.objects.count() == 1


def test_a_deflated_bomb_stops_at_the_cap(take_in: TakeIn, tmp_path: Path) -> None:
    path = good_file(tmp_path / "bad")
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    dataset.save_as(path)
    raw = path.read_bytes()
    start = 144 + int.from_bytes(raw[140:144], "little")
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    path.write_bytes(raw[:start] + deflate.compress(bytes(1 << 28)) + deflate.flush())
    assert take_in(tmp_path / "bad").items.get().rule == "parse.inflates_too_far"


def test_burned_in_text_waits_in_quarantine(take_in: TakeIn, tmp_path: Path) -> None:
    phantoms.write_cr_image(tmp_path / "s", extra={"BurnedInAnnotation": "YES"})
    item = take_in(tmp_path / "s").items.get()
    assert (item.outcome, item.rule) == ("quarantined", "phi.burned_in_text")
    assert item.kept is not None
    assert not Instance.objects.exists()


def test_a_position_that_is_no_number_gives_no_geometry(take_in: TakeIn, tmp_path: Path) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s", shape_zyx=(1, 16, 12), lesion=False)
    raw = phantom.files[0].read_bytes()
    at = raw.index(b"\x20\x00\x32\x00DS") + 8
    phantom.files[0].write_bytes(raw[:at] + b"nan".ljust(5) + raw[at + 5 :])
    import_ = take_in(tmp_path / "s")
    assert import_.items.get().outcome in ("refused", "warning")
    assert not any("nan" in str(row.header).lower() for row in Instance.objects.all())


def request(index: int, path: Path) -> FileRequest:
    return FileRequest(index, str(path), path.name, "p", "d", "OT")


def test_a_hanging_file_is_killed_and_its_neighbours_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_BASE_SECONDS", 3.0)
    os.mkfifo(tmp_path / "hangs")  # opening it waits for a writer that never comes
    good = good_file(tmp_path / "good")
    with ParseServer(tmp_path / "work") as server:
        answers = server.parse([request(0, good), request(1, tmp_path / "hangs"), request(2, good)])
    assert "instances" in answers[0]
    assert answers[1]["rule"] == "parse.time_limit"
    assert "instances" in answers[2]


def test_a_file_beyond_the_memory_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = phantoms.write_cr_image(tmp_path / "s", shape_yx=(3000, 3000), transfer_syntax="rle").files[0]
    monkeypatch.setattr(pool, "_MAX_MEMORY", 1)
    with ParseServer(tmp_path / "work") as server:
        answers = server.parse([request(0, path)])
    assert answers[0]["rule"] in ("parse.memory_limit", "parse.crashed", "parse.damaged")


def zip_of(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_zip_of_a_series_comes_in_like_a_folder(take_in: TakeIn, tmp_path: Path) -> None:
    phantom = phantoms.write_mr_series(tmp_path / "s")
    archive = zip_of(tmp_path / "study.zip", {f"study/{p.name}": p.read_bytes() for p in phantom.files})
    import_ = take_in(archive)
    assert import_.summary["counts"]["accepted"] == len(phantom.files)
    assert import_.items.get().name == "study.zip/study"


@pytest.mark.parametrize("name", ["../evil.dcm", "/etc/evil.dcm", "a/../../evil.dcm", "..\\evil.dcm", "C:\\evil.dcm"])
def test_an_entry_that_points_outside_refuses_the_whole_zip(take_in: TakeIn, tmp_path: Path, name: str) -> None:
    good = good_file(tmp_path / "s").read_bytes()
    item = take_in(zip_of(tmp_path / "slip.zip", {"good.dcm": good, name: good})).items.get()
    assert (item.outcome, item.rule) == ("refused", "archive.path_outside")
    assert not Instance.objects.exists()
    assert not list(tmp_path.parent.rglob("evil.dcm"))


def test_a_link_in_a_zip_refuses_it(take_in: TakeIn, tmp_path: Path) -> None:
    path = tmp_path / "link.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert take_in(path).items.get().rule == "archive.link"


def test_a_zip_bomb_stops_at_the_counted_cap(take_in: TakeIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "_FREE_ARCHIVE_BYTES", 1 << 20)
    item = take_in(zip_of(tmp_path / "bomb.zip", {"zeros.dcm": bytes(1 << 26)})).items.get()
    assert item.rule == "archive.inflates_too_far"


def test_too_many_entries_and_nested_zips_are_refused(
    take_in: TakeIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = zip_of(tmp_path / "inner.zip", {"a.dcm": b"x"}).read_bytes()
    assert take_in(zip_of(tmp_path / "outer.zip", {"inner.zip": inner})).items.get().rule == "archive.nested"
    monkeypatch.setattr(staging, "MAX_ARCHIVE_ENTRIES", 3)
    many = zip_of(tmp_path / "many.zip", {f"{n}.dcm": b"x" for n in range(4)})
    assert take_in(many).items.get().rule == "archive.too_many_entries"


def test_nothing_is_left_in_staging(take_in: TakeIn, tmp_path: Path) -> None:
    from django.conf import settings

    good_file(tmp_path / "s")
    zip_of(tmp_path / "s" / "z.zip", {"x.dcm": b"no image"})
    take_in(tmp_path / "s")
    assert not [path for path in Path(settings.STAGING_DIR).rglob("*") if path.is_file()]
