"""The known-bad inputs by their row ids: how each is made, what must come of it, and the rule that says so.

A row's `make(folder)` writes files (or archives) into an empty folder. `outcome` is what the import says of it; rules
are beginnings, several separated by "|".
"""
# ruff: noqa: E501 (one row, one or two lines)

from __future__ import annotations

import gzip
import io
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import nibabel as nib
import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from tests import phantoms

Make = Callable[[Path], object]
Change = Callable[[pydicom.FileDataset], object]
PIXELS = b"\xe0\x7f\x10\x00OW\x00\x00"
HTJ2K = "1.2.840.10008.1.2.4.201"


@dataclass(frozen=True)
class Row:
    id: str
    what: str
    make: Make
    outcome: str
    rule: str = ""


def good(folder: Path, **options: object) -> Path:
    """One MR slice with full geometry: accepted without a warning."""
    return phantoms.write_mr_series(folder, shape_zyx=(1, 16, 12), lesion=False, **options).files[0]  # type: ignore[arg-type]


def changed(*changes: Change) -> Make:
    """The good file with its data set changed, written without pydicom's own checks."""

    def make(folder: Path) -> None:
        path = good(folder)
        with pydicom.config.disable_value_validation():
            dataset = pydicom.dcmread(path)
            for change in changes:
                change(dataset)
            pydicom.dcmwrite(path, dataset, enforce_file_format=False, force_encoding=False)

    return make


def sets(**values: object) -> Make:
    return changed(lambda d: [setattr(d, keyword, value) for keyword, value in values.items()])


def lacks(*keywords: str) -> Make:
    return changed(lambda d: [delattr(d, keyword) for keyword in keywords])


def raw(edit: Callable[[bytes], bytes]) -> Make:
    def make(folder: Path) -> None:
        path = good(folder)
        path.write_bytes(edit(path.read_bytes()))

    return make


def plain(name: str, data: bytes) -> Make:
    def make(folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / name).write_bytes(data)

    return make


def before_pixels(piece: bytes) -> Make:
    return raw(lambda r: r[: r.index(PIXELS)] + piece + r[r.index(PIXELS) :])


def element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", group, number, vr, len(value)) + value


def codec(syntax: str, *frames: bytes, **values: object) -> Make:
    def change(dataset: pydicom.FileDataset) -> None:
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.PixelData = encapsulate(list(frames))
        dataset["PixelData"].VR = "OB"
        for keyword, value in values.items():
            setattr(dataset, keyword, value)

    return changed(change)


def pixels() -> np.ndarray:
    return (np.arange(16 * 12, dtype=np.uint16).reshape(16, 12) * 17) % 4096


def eight_bit(**more: object) -> dict[str, object]:
    return {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, **more}


def jpeg_sof(rows: int, columns: int) -> bytes:
    return b"\xff\xd8\xff\xc0\x00\x0b\x08" + struct.pack(">HH", rows, columns) + b"\x01\x01\x11\x00\xff\xd9"


def j2k_siz(side: int) -> bytes:
    sizes = struct.pack(">HHIIIIIIIIH", 41, 0, side, side, 0, 0, side, side, 0, 0, 1)
    return b"\xff\x4f\xff\x51" + sizes + b"\x0f\x01\x01"


def progressive_with_scans(count: int) -> bytes:
    """A JPEG whose last scan is repeated: each costs a pass over the image."""
    whole = imagecodecs.jpeg8_encode((pixels() // 16).astype(np.uint8))
    at = whole.rindex(b"\xff\xda")
    return whole[:at] + whole[at:-2] * count + whole[-2:]


def rle(*segments: bytes) -> bytes:
    offsets, at = [], 64
    for segment in segments:
        offsets.append(at)
        at += len(segment)
    return struct.pack("<16I", len(segments), *offsets, *([0] * (15 - len(offsets)))) + b"".join(segments)


def nested(depth: int) -> bytes:
    opening = b"\x08\x00\x10\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    closing = b"\xfe\xff\x0d\xe0\x00\x00\x00\x00\xfe\xff\xdd\xe0\x00\x00\x00\x00"
    return opening * depth + closing * depth


def deflated_bomb(folder: Path) -> None:
    path = good(folder)
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    dataset.save_as(path)
    whole = path.read_bytes()
    start = 144 + int.from_bytes(whole[140:144], "little")
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    path.write_bytes(whole[:start] + deflate.compress(bytes(1 << 27)) + deflate.flush())


def table_points_outside(d: pydicom.FileDataset) -> None:
    frame = rle(b"\x81\x00" * 4, b"\x81\x00" * 4)
    d.file_meta.TransferSyntaxUID = RLELossless
    good_one = bytearray(encapsulate([frame, frame], has_bot=True))
    good_one[12:16] = struct.pack("<I", 1 << 20)
    d.PixelData, d.NumberOfFrames = bytes(good_one), 2
    d["PixelData"].VR = "OB"


def multi_frame_with_table(d: pydicom.FileDataset) -> None:
    frame = imagecodecs.jpegls_encode(pixels())
    d.file_meta.TransferSyntaxUID = JPEGLSLossless
    d.PixelData, d.NumberOfFrames = encapsulate([frame, frame, frame], has_bot=True), 3
    d["PixelData"].VR = "OB"


def private_and_nested_phi(d: pydicom.FileDataset) -> None:
    block = d.private_block(0x0011, "ACME", create=True)
    block.add_new(1, "LO", "Secret^Name")
    item = Dataset()
    item.PatientName = "Secret^Name"
    d.RequestAttributesSequence = Sequence([item])
    d.add_new(0x60003000, "OW", b"\x01\x00" * 12)


def patched_position(text: bytes) -> Make:
    def edit(whole: bytes) -> bytes:
        at = whole.index(b"\x20\x00\x32\x00DS") + 8
        return whole[:at] + text.ljust(5) + whole[at + 5 :]

    return raw(edit)


def many_elements(r: bytes) -> bytes:
    one = b"\x09\x00\x10\x00LO\x00\x00"
    at = r.index(PIXELS)
    return r[:at] + one * 1_000_000 + r[at:]


def zipped(name: str, files: dict[str, bytes]) -> Make:
    def make(folder: Path) -> None:
        folder.mkdir(parents=True)
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, content in files.items():
                archive.writestr(entry, content)

    return make


def linked_zip(folder: Path) -> None:
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "l.zip", "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")


def crowded_zip(folder: Path) -> None:
    zipped("crowd.zip", {f"{n}.dcm": b"" for n in range(100_000)})(folder)


def zip_in_zip(folder: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.dcm", b"x")
    zipped("outer.zip", {"inner.zip": inner.getvalue()})(folder)


def nifti_bomb(folder: Path) -> None:
    header = bytes(nib.nifti1.Nifti1Image(np.zeros((4, 4, 4), np.int16), np.eye(4)).header.binaryblock) + bytes(4)
    plain("b.nii.gz", gzip.compress(header + bytes(140 << 20)))(folder)


def nifti_with_pickle(folder: Path) -> None:
    image = nib.nifti1.Nifti1Image(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.diag([1, 2, 3, 1]))
    image.header.extensions.append(nib.nifti1.Nifti1Extension(16, pickle.dumps({"a": 1})))
    folder.mkdir(parents=True)
    nib.save(image, folder / "p.nii")


def shifted(**options: object) -> Make:
    return lambda folder: phantoms.write_mr_series(folder, shape_zyx=(6, 16, 12), lesion=False, **options)  # type: ignore[arg-type]


def two_frames_of_reference(folder: Path) -> None:
    phantom = phantoms.write_mr_series(folder, shape_zyx=(6, 16, 12), lesion=False)
    for path in phantom.files[3:]:
        dataset = pydicom.dcmread(path)
        dataset.FrameOfReferenceUID = phantoms.uid("another frame of reference")
        dataset.save_as(path)


def uneven(folder: Path) -> None:
    phantom = phantoms.write_mr_series(folder, shape_zyx=(6, 16, 12), lesion=False)
    dataset = pydicom.dcmread(phantom.files[3])
    x, y, z = dataset.ImagePositionPatient
    dataset.ImagePositionPatient = [x, y, float(z) + 0.7]
    dataset.save_as(phantom.files[3])


def same_uid_other_pixels(folder: Path) -> None:
    path = good(folder)
    other = pydicom.dcmread(path)
    other.PixelData = bytes(len(other.PixelData))
    other.save_as(folder / "zz-second.dcm")


def same_uid_other_patient(folder: Path) -> None:
    path = good(folder)
    other = pydicom.dcmread(path)
    other.PatientID = "SOMEBODY-ELSE"
    other.save_as(folder / "zz-second.dcm")


def study_of_two_patients(folder: Path) -> None:
    first = phantoms.write_mr_series(folder / "a", shape_zyx=(1, 16, 12), lesion=False, patient_id="ONE")
    phantoms.write_mr_series(
        folder / "b", shape_zyx=(1, 16, 12), lesion=False, patient_id="TWO", study_uid=first.study_uid,
        series_uid=first.study_uid + ".9",
    )  # fmt: skip


def aliases(folder: Path) -> None:
    good(folder / "a", patient_id="P1 ")
    good(folder / "b", patient_id="p1", seed=1)


LITTLE = b"1.2.840.10008.1.2.1\x00"
ENCAPSULATED = "1.2.840.10008.5.1.4.1.1.104.1"
SMALL_JPEG = (pixels() // 16).astype(np.uint8)
ROWS = [
    Row("H01", "a good file", good, "accepted"),
    Row("H02", "empty", plain("a.dcm", b""), "refused", "type.not_an_image"),
    Row("H02", "one byte", plain("a.dcm", b"x"), "refused", "type.not_an_image"),
    Row("H02", "bad magic", raw(lambda r: r[:128] + b"DICK" + r[132:]), "refused", "type.not_an_image"),
    Row("H02", "PNG called .dcm", plain("a.dcm", imagecodecs.png_encode(SMALL_JPEG)), "refused", "type.name_differs"),
    Row("H03", "preamble only", raw(lambda r: r[:132]), "refused", "parse.damaged|required.missing"),
    Row("H03", "cut in the meta header", raw(lambda r: r[:160]), "refused", "parse.damaged|required.missing"),
    Row("H03", "cut in a tag", raw(lambda r: r[: r.index(PIXELS) + 3]), "refused", "parse.damaged"),
    Row("H04", "no preamble", raw(lambda r: r[132:]), "refused", "type.not_an_image"),
    Row("H05", "cut in the pixels", raw(lambda r: r[:-20]), "refused", "pixels.too_short"),
    Row("H06", "text after the pixels", raw(lambda r: r + b"A" * 100), "warning", "parse.trailing_bytes"),
    Row("H06", "an element after the pixels",
        raw(lambda r: r + element(0x7FE1, 0x1001, b"LO", b"tail")), "warning", "parse.trailing_bytes"),
    Row("H07", "PE preamble", raw(lambda r: b"MZ" + b"\x90" * 126 + r[128:]), "accepted"),
    Row("H07", "ELF preamble", raw(lambda r: b"\x7fELF" + b"\x01" * 124 + r[128:]), "accepted"),
    Row("H07", "HTML preamble", raw(lambda r: b"<script>alert(1)</script>".ljust(128) + r[128:]), "accepted"),
    Row("H08", "meta length lies", raw(lambda r: r[:140] + struct.pack("<I", 40) + r[144:]), "refused", "parse.meta"),
    Row("H09", "an element claims 4 GB",
        before_pixels(b"\x11\x00\x01\x10UT\x00\x00\xfe\xff\xff\xff"), "refused", "parse.damaged"),
    Row("H10", "nested 100", before_pixels(nested(100)), "refused", "parse.too_deep"),
    Row("H10", "nested 5000", before_pixels(nested(5000)), "refused", "parse.too_deep"),
    Row("H11", "a million elements", raw(many_elements), "refused", "parse.too_many_elements"),
    Row("H12", "a sequence without end",
        before_pixels(b"\x08\x00\x10\x11SQ\x00\x00\xff\xff\xff\xff"), "refused", "parse."),
    Row("H12", "unknown VR", before_pixels(element(0x0011, 0x1001, b"ZZ", b"ab")), "refused", "parse.unknown_vr"),
    Row("H13", "odd length", before_pixels(element(0x0040, 0x0244, b"DA", b"20200101 "[:9])), "warning", ""),
    Row("H13", "Rows as text", raw(lambda r: r.replace(b"\x28\x00\x10\x00US\x02\x00\x10\x00", b"\x28\x00\x10\x00LO\x02\x0016")),
        "refused", "pixels.not_described"),
    Row("H13", "a VR of no letters", raw(lambda r: r.replace(b"\x28\x00\x04\x00CS", b"\x28\x00\x04\x00C\x99")),
        "refused", "pixels.not_described"),
    Row("H14", "out of order", before_pixels(element(0x0008, 0x0012, b"DA", b"20200101")), "warning", "parse.out_of_order"),
    Row("H14", "an element twice",
        before_pixels(element(0x0028, 0x1050, b"DS", b"40") * 2), "warning", "parse.duplicate_element"),
    Row("H14", "an identifier twice",
        before_pixels(element(0x0010, 0x0020, b"LO", b"OTHER ")), "refused", "parse.duplicate_identifier"),
    Row("H15", "deflate bomb", deflated_bomb, "refused", "parse.inflates_too_far"),
    Row("H20", "65535 squared without data",
        sets(Rows=65535, Columns=65535, NumberOfFrames="9999"), "refused", "pixels.too_short"),
    Row("H21", "RLE that over-expands", codec(RLELossless, rle(b"\x81\x00" * 400, b"\x81\x00" * 400)), "refused", "codec."),
    Row("H22", "RLE offsets outside",
        codec(RLELossless, struct.pack("<16I", 2, 64, 90_000, *([0] * 13)) + b"\0" * 10), "refused", "codec.damaged"),
    Row("H23", "J2K 20000 squared", codec(JPEG2000Lossless, j2k_siz(20_000)), "refused", "codec.size_differs"),
    Row("H24", "J2K 2G squared", codec(JPEG2000Lossless, j2k_siz(2_000_000_000)), "refused", "codec.size_differs"),
    Row("H24", "J2K cut",
        codec(JPEG2000Lossless, imagecodecs.jpeg2k_encode(pixels(), level=0)[:120]), "refused", "codec."),
    Row("H25", "JPEG of another size", codec(JPEGBaseline8Bit, jpeg_sof(64, 64), **eight_bit()), "refused", "codec.size"),
    Row("H26", "JPEG 65535 squared", codec(JPEGBaseline8Bit, jpeg_sof(65535, 65535), **eight_bit()), "refused", "codec.size"),
    Row("H28", "frames that are not there", sets(NumberOfFrames="5"), "refused", "pixels.too_short"),
    Row("H28", "frames that are no number", before_pixels(element(0x0028, 0x0008, b"IS", b"x ")), "refused", "pixels.frames"),
    Row("H29", "a multi-frame with its offset table", changed(multi_frame_with_table), "warning", ""),
    Row("H29", "an offset table that points outside", changed(table_points_outside), "refused", "pixels.offset_table"),
    Row("H30", "raw data called JPEG", codec(JPEGBaseline8Bit, b"\1\2\3\4" * 40), "refused", "codec.not_a_codestream"),
    Row("H30", "unknown syntax", raw(lambda r: r.replace(LITTLE, b"1.2.840.10008.1.2.9\x00", 1)), "refused", "codec.unknown"),
    Row("H30", "no syntax", changed(lambda d: delattr(d.file_meta, "TransferSyntaxUID")), "refused", "required.missing|parse."),
    Row("H31", "more bits stored than allocated", sets(BitsStored=20), "refused", "pixels.bits"),
    Row("H31", "no rows", sets(Rows=0), "refused", "pixels.empty"),
    Row("H31", "too few pixels", sets(PixelData=b"\0" * 10), "refused", "pixels.too_short"),
    Row("H32", "too many pixels", sets(PixelData=b"\0" * 4000), "refused", "pixels.too_long"),
    Row("H33", "palette without a table", sets(PhotometricInterpretation="PALETTE COLOR"), "refused", "pixels.no_palette"),
    Row("H33", "RGB without planar configuration",
        sets(SamplesPerPixel=3, PhotometricInterpretation="RGB", PixelData=bytes(16 * 12 * 3), **eight_bit()),
        "refused", "pixels.no_planar"),
    Row("H33", "float pixels only", changed(lambda d: [delattr(d, "PixelData"), setattr(d, "FloatPixelData", bytes(768))]),
        "refused", "pixels.float"),
    Row("H34", "rescale slope 0", sets(RescaleSlope="0", RescaleIntercept="0"), "warning", "values.rescale_unusable"),
    Row("H34", "rescale intercept NaN", sets(RescaleSlope="1", RescaleIntercept="nan"), "warning", "values.rescale"),
    Row("H35", "MONOCHROME1", sets(PhotometricInterpretation="MONOCHROME1"), "accepted"),
    Row("H36", "JPEG with 80,000 scans", codec(JPEGBaseline8Bit, progressive_with_scans(80_000), **eight_bit()),
        "refused", "codec.too_many_scans"),
    Row("H36", "JPEG-LS cut", codec(JPEGLSLossless, imagecodecs.jpegls_encode(pixels())[:60]), "refused", "codec."),
    Row("H36", "HTJ2K cut",
        codec(HTJ2K, imagecodecs.htj2k_encode(pixels())[:120]), "refused", "codec."),
    *[Row("H40", f"uid {uid!r}", sets(SOPInstanceUID=uid), "refused", "uid.invalid|required.missing|parse.|uid.meta")
      for uid in ("../../etc/passwd", "/etc/passwd", "1.2\\3.4", "1." + "2" * 80, "1.02.3", "", "1.2\0.3", "1.2.*",
                  "1.2.840.10008.1.2")],
    Row("H41", "meta names another instance",
        changed(lambda d: setattr(d.file_meta, "MediaStorageSOPInstanceUID", "1.2.3.4.5")), "refused", "uid.meta_differs"),
    Row("H42", "encapsulated HTML",
        changed(lambda d: [delattr(d, "PixelData"), setattr(d, "SOPClassUID", ENCAPSULATED), setattr(d, "Modality", "DOC"),
                           setattr(d, "EncapsulatedDocument", b"<script>alert(1)</script>")]),
        "quarantined", "type.encapsulated_document"),
    Row("H42", "encapsulated SVG beside an image", sets(EncapsulatedDocument=b"<svg onload=alert(1)>"),
        "quarantined", "type.encapsulated_document"),
    Row("H43", "script in headers", sets(SeriesDescription="<script>alert(1)</script>", PatientName="<img src=x>"), "accepted"),
    Row("H44", "formulas in headers", sets(PatientID="=cmd|'/C calc'!A0", SeriesDescription="@SUM(1)"), "accepted"),
    Row("H45", "bidi, zero width and line ends", sets(SeriesDescription="a\u202egpj.exe\u200b\r\nlog: forged"), "accepted|warning"),
    Row("H46", "bad charset",
        changed(lambda d: [setattr(d, "SpecificCharacterSet", "ISO_IR 192"), d.add_new(0x0008103E, "LO", b"\xff\xfe\xc3("),]),
        "warning", "header.charset"),
    Row("H47", "a patient id of wild cards and quotes", sets(PatientID="%_*?';DROP TABLE"), "accepted"),
    Row("H48", "NUL in text", sets(SeriesDescription="a\0b"), "accepted"),
    Row("H49", "a retrieve URL to a metadata service", sets(RetrieveURL="http://169.254.169.254/latest"), "accepted"),
    Row("H50", "impossible dates", sets(StudyDate="20209999", PatientBirthDate="00000000"), "warning", "header.impossible"),
    Row("H51", "burned-in text", sets(BurnedInAnnotation="YES"), "quarantined", "phi.burned_in_text"),
    Row("H52", "names in private tags, sequences and overlays", changed(private_and_nested_phi), "accepted"),
    Row("H60", "instance numbers reversed", shifted(reversed=True), "accepted"),
    Row("H61", "a missing slice", lambda f: phantoms.write_with_missing_slice(f), "warning", "geometry.missing_slice"),
    Row("H61", "uneven spacing", uneven, "warning", "geometry.uneven_spacing"),
    Row("H62", "a position twice",
        lambda f: phantoms.write_with_duplicate_position(f), "warning", "geometry.duplicate_position"),
    Row("H63", "gantry tilt", lambda f: phantoms.write_with_gantry_tilt(f), "warning", "geometry.gantry_tilt"),
    Row("H64", "oblique, three spacings", shifted(orientation="oblique"), "accepted"),
    Row("H65", "a localiser in the series",
        lambda f: phantoms.write_two_orientations(f), "warning", "geometry.several_stacks"),
    Row("H66", "no position and orientation",
        lacks("ImagePositionPatient", "ImageOrientationPatient"), "warning", "orientation.absent"),
    Row("H67", "orientation of another length", sets(ImageOrientationPatient=[2, 0, 0, 0, 2, 0]), "warning", "geometry."),
    Row("H67", "orientation not orthogonal", sets(ImageOrientationPatient=[1, 0, 0, 1, 0, 0]), "warning", "geometry."),
    Row("H67", "spacing of zero", sets(PixelSpacing=[0, 0]), "warning", "spacing.absent"),
    Row("H68", "two frames of reference", two_frames_of_reference, "warning", "geometry.several_stacks"),
    Row("H69", "position NaN", patched_position(b"nan"), "refused", "geometry.not_a_number"),
    Row("H69", "position infinite", patched_position(b"inf"), "refused", "geometry.not_a_number"),
    Row("H70", "one UID, other pixels", same_uid_other_pixels, "accepted+quarantined", "uid.second_copy_differs"),
    Row("H70", "one UID, another patient", same_uid_other_patient, "accepted+quarantined", "uid."),
    Row("H71", "one study of two patients", study_of_two_patients, "accepted+quarantined", "uid.study_of_two_patients"),
    Row("H72", "aliases of one patient", aliases, "accepted"),
    Row("H80", "zip slip", zipped("s.zip", {"../evil.dcm": b"x"}), "refused", "archive.path_outside"),
    Row("H80", "a link in a zip", linked_zip, "refused", "archive.link"),
    Row("H81", "zip bomb", zipped("b.zip", {"zeros.dcm": bytes(600 << 20)}), "refused", "archive.inflates_too_far"),
    Row("H81", "100,000 entries", crowded_zip, "refused", "archive.too_many_entries"),
    Row("H81", "a zip in a zip", zip_in_zip, "refused", "archive.nested"),
    Row("H84", "NIfTI bomb", nifti_bomb, "refused", "parse.inflates_too_far"),
    Row("H84", "NIfTI with a pickle inside", nifti_with_pickle, "accepted"),
    Row("H85", "pickle called safetensors",
        plain("w.safetensors", pickle.dumps({"a": 1})), "refused", "type.not_an_image"),
    Row("H85", "safetensors of 2^63",
        plain("w.safetensors", struct.pack("<Q", 1 << 63) + b"{}"), "refused", "type.not_an_image"),
]  # fmt: skip
