"""A stored file rewritten as Explicit VR Little Endian, in the child: its header read again, its frames decoded."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import pydicom
from pydicom.dataset import Dataset, FileDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import ExplicitVRLittleEndian

from medreview.archive.parsing import dicom_file, frames
from medreview.archive.parsing.codec_headers import JPEG_2000_SYNTAXES, JPEG_SYNTAXES
from medreview.archive.parsing.decode import EXPLICIT_LITTLE_ENDIAN, JPEG_LOSSLESS, PixelSpec, decoded_bytes
from medreview.archive.parsing.refusal import RefusedError

_PIXEL_DATA = 0x7FE00010
_PIXEL_TAG = b"\xe0\x7f\x10\x00"
# Pixels in another shape, or their places in the compressed stream; padding belongs to the file it padded.
_LEFT_OUT = (_PIXEL_DATA, 0x7FE00001, 0x7FE00002, 0x7FE00003, 0xFFFCFFFC)
_MAX_LENGTH = (1 << 32) - 2


@dataclass(frozen=True)
class TranscodeRequest:
    """One stored file. `frames` are (offset, length) of its frames in `frames_path`, kept in `frame_syntax`."""

    KIND: ClassVar[str] = "transcode"

    index: int
    path: str
    frames_path: str
    frames: Sequence[Sequence[int]]
    frame_syntax: str


def do(request: TranscodeRequest, folder: Path) -> dict[str, Any]:
    """{"index", "file"}, a name in `folder`, or {"index", "rule", "reason"}."""
    target = folder / f"t{request.index}.dcm"
    try:
        _write(request, folder, target)
    except RefusedError as refused:
        return {"index": request.index, "rule": refused.rule, "reason": refused.reason}
    except MemoryError:
        return {"index": request.index, "rule": "parse.memory_limit", "reason": "Rewriting it needs too much memory."}
    except BaseException as error:  # codecs written in Rust panic outside Exception
        reason = f"Rewriting it failed ({type(error).__name__})."
        return {"index": request.index, "rule": "transcode.failed", "reason": reason}
    return {"index": request.index, "file": target.name}


def _write(request: TranscodeRequest, folder: Path, target: Path) -> None:
    dataset = _read(Path(request.path), folder / f"t{request.index}.inflated")
    spec = frames.read_spec(dataset, request.frame_syntax)
    after = dataset[_PIXEL_DATA + 1 :]
    before = dataset[:_PIXEL_DATA]
    for part in (before, after):
        for tag in _LEFT_OUT:
            if tag in part:
                del part[tag]
        _name_types(part)
    if spec.samples == 3 and (colours := _photometric(spec)):
        before.PhotometricInterpretation = colours
    before.file_meta, before.preamble = dataset.file_meta, bytes(128)
    before.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    with target.open("wb") as out:
        pydicom.dcmwrite(out, before, enforce_file_format=True)
        _write_pixels(request, spec, out)
        out.write(_encoded(after))


def _name_types(dataset: Dataset) -> None:
    """Give every element its VR: some files say explicit and are written implicitly, and pydicom copies raw ones."""
    if any(dataset.get_item(tag).VR is None for tag in dataset.keys()):  # noqa: SIM118 (a data set iterates elements)
        for _ in dataset.iterall():
            pass


def _read(path: Path, inflated: Path) -> FileDataset:
    """The header; pixels are decoded from the frames that were taken out of it at ingest."""
    meta = pydicom.filereader.read_file_meta_info(path)
    is_deflated = str(meta.get("TransferSyntaxUID", "")) == dicom_file.DEFLATED
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pydicom.dcmread(dicom_file.inflate(path, inflated) if is_deflated else path)
    finally:
        inflated.unlink(missing_ok=True)


def _photometric(spec: PixelSpec) -> str:
    """What the colours are called once decoded, when the codec has turned them into RGB; else empty."""
    if spec.syntax in JPEG_2000_SYNTAXES:
        return "RGB" if spec.photometric in ("YBR_RCT", "YBR_ICT") else ""
    return "RGB" if spec.syntax in JPEG_SYNTAXES - JPEG_LOSSLESS else ""


def _write_pixels(request: TranscodeRequest, spec: PixelSpec, out: BinaryIO) -> None:
    """The Pixel Data element, a frame at a time: only one is ever decoded in memory."""
    length = spec.frame_length * len(request.frames)
    padded = length + length % 2
    if padded > _MAX_LENGTH:
        raise RefusedError("transcode.too_large", "Its decoded pixels are too many for an uncompressed file.")
    vr = b"OB" if spec.bits_allocated <= 8 else b"OW"
    out.write(_PIXEL_TAG + vr + b"\x00\x00" + padded.to_bytes(4, "little"))
    with Path(request.frames_path).open("rb") as stored:
        for offset, size in request.frames:
            stored.seek(offset)
            frame = stored.read(size)
            is_native = request.frame_syntax == EXPLICIT_LITTLE_ENDIAN
            decoded = frame if is_native else decoded_bytes(frame, spec)
            if len(decoded) != spec.frame_length:
                raise RefusedError("codec.size_differs", "A frame has another size than its header says.")
            out.write(decoded)
    out.write(bytes(padded - length))


def _encoded(dataset: Dataset) -> bytes:
    """Elements behind the pixels, explicit little endian."""
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = False, True
    write_dataset(buffer, dataset)
    return buffer.getvalue()
