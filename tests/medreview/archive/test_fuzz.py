"""Whatever the bytes are, an import ends and every file has an outcome."""

from __future__ import annotations

import io
import os
from collections import Counter
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
)

from medreview.archive.models import Grid
from medreview.archive.parsing.pool import BATCH_FILES, ParseServer
from medreview.archive.parsing.work import FileRequest
from medreview.archive.volume import read_volume
from tests import phantoms
from tests.conftest import Say
from tests.medreview.archive.conftest import TakeIn
from tests.phantom_folders import write_nifti_case

SYNTAXES = (None, "rle", "jpegls", "j2k")


def mutated(raw: bytes, rng: np.random.Generator) -> bytes:
    """A few bytes changed, a piece cut out, or a piece doubled."""
    data = bytearray(raw)
    for _ in range(int(rng.integers(1, 12))):
        at = int(rng.integers(128, len(data)))
        data[at] = int(rng.integers(0, 256))
    where = int(rng.integers(132, len(data)))
    length = int(rng.integers(1, 64))
    match int(rng.integers(0, 4)):
        case 0:
            del data[where : where + length]
        case 1:
            data[where:where] = data[where : where + length]
        case 2:
            numbers = [b"1e308", b"-1e308", b"nan", b"inf", b"0", b"99999999999"]
            data[where : where + 5] = numbers[int(rng.integers(0, len(numbers)))].ljust(5)[:5]
    return bytes(data)


def fuzz(take_in: TakeIn, folder: Path, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    seeds = [
        phantoms.write_mr_series(
            folder / "seeds" / str(syntax), shape_zyx=(3, 48, 40), lesion=False, transfer_syntax=syntax
        ).files[0].read_bytes()
        for syntax in SYNTAXES
    ]  # fmt: skip
    nifti = write_nifti_case(folder / "seeds" / "n", shape_zyx=(3, 8, 6)).image.read_bytes()
    bad = folder / "bad"
    bad.mkdir()
    for number in range(count):
        (bad / f"{number}.dcm").write_bytes(mutated(seeds[number % len(seeds)], rng))
    for number in range(count // 8):
        (bad / f"{number}.nii.gz").write_bytes(mutated(nifti, rng))
    import_ = take_in(bad)
    assert import_.state == "done"
    assert sum(item.files for item in import_.items.all()) == count + count // 8
    for grid in Grid.objects.all():
        assert np.isfinite(read_volume(grid)).all()
        assert np.isfinite(grid.affine_lps).all()


def test_a_hundred_mutated_files(take_in: TakeIn, tmp_path: Path) -> None:
    fuzz(take_in, tmp_path, 96, seed=1)


def seeds(folder: Path) -> list[bytes]:
    """One small image in each syntax that can be told apart by its decoder, and in each byte order."""
    found = [
        phantoms.write_mr_series(
            folder / str(syntax), shape_zyx=(1, 40, 32), lesion=False, transfer_syntax=syntax
        ).files[0].read_bytes()
        for syntax in SYNTAXES
    ]  # fmt: skip
    pixels = (np.arange(40 * 32, dtype=np.uint16).reshape(40, 32) * 3) % 4096
    grey = (pixels // 16).astype(np.uint8)
    found += [
        rewritten(folder, HTJ2KLossless, imagecodecs.htj2k_encode(pixels)),
        rewritten(folder, JPEGBaseline8Bit, imagecodecs.jpeg8_encode(grey), bits=8),
        rewritten(folder, JPEGLosslessSV1, imagecodecs.ljpeg_encode(pixels, bitspersample=16)),
        rewritten(folder, ImplicitVRLittleEndian),
        rewritten(folder, ExplicitVRBigEndian),
        rewritten(folder, DeflatedExplicitVRLittleEndian),
    ]
    return found


def rewritten(folder: Path, syntax: str, frame: bytes = b"", bits: int = 16) -> bytes:
    """The native seed in another syntax; with `frame` as its compressed pixels."""
    dataset = pydicom.dcmread(folder / "None" / "img0000.dcm")
    dataset.file_meta.TransferSyntaxUID = syntax
    if bits == 8:
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    if frame:
        dataset.PixelData = encapsulate([frame])
        dataset["PixelData"].VR = "OB"
    elif syntax == ExplicitVRBigEndian:
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
    out = io.BytesIO()
    implicit, little = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
    pydicom.dcmwrite(out, dataset, implicit_vr=implicit, little_endian=little, enforce_file_format=True, overwrite=True)
    return out.getvalue()


def fuzz_the_child(folder: Path, count: int, seed: int) -> Counter[str]:
    """Each mutant gets one answer from the parsing child, with a rule and a reason or with frames that lie inside."""
    rng = np.random.default_rng(seed)
    originals, answered = seeds(folder / "seeds"), Counter[str]()
    decoded: set[int] = set()
    with ParseServer(folder / "work") as server:
        plain = server.parse([_request(folder, n, data) for n, data in enumerate(originals)])
        assert all("instances" in answer for answer in plain), plain
        for start in range(0, count, BATCH_FILES):
            numbers = range(start, min(start + BATCH_FILES, count))
            mutants = [mutated(originals[n % len(originals)], rng) for n in numbers]
            answers = server.parse(
                [_request(folder, n - start, data) for n, data in zip(numbers, mutants, strict=True)]
            )
            for n, data, answer in zip(numbers, mutants, answers, strict=True):
                if "instances" not in answer:
                    assert answer["reason"]
                    answered[answer["rule"]] += 1
                    continue
                found = answer["instances"][0]
                answered["taken"] += 1
                decoded.add(n % len(originals))
                if found["frames_in"] == "source":
                    assert all(at > 0 and at + length <= len(data) for at, length in found["frames"])
    assert answered.total() == count
    assert len(decoded) >= len(originals) - 2, "decoders saw no mutant that they could read"
    return answered


def _request(folder: Path, index: int, data: bytes) -> FileRequest:
    path = folder / f"mutant-{index}"
    path.write_bytes(data)
    return FileRequest(index, str(path), path.name, "p", "d", "OT")


@pytest.mark.timeout(300)
def test_two_thousand_mutants_each_get_an_answer(tmp_path: Path, say: Say) -> None:
    answered = fuzz_the_child(tmp_path, 2_000, seed=int(os.environ.get("MEDREVIEW_FUZZ_SEED", "1")))
    say(f"2,000 mutants: {answered}")
    assert not {"parse.failed", "parse.crashed"} & answered.keys(), "what no rule foresaw"


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_twenty_thousand_mutants_each_get_an_answer(tmp_path: Path, say: Say) -> None:
    answered = fuzz_the_child(tmp_path, 20_000, seed=2)
    say(f"20,000 mutants: {answered}")
    assert not {"parse.failed", "parse.crashed"} & answered.keys(), "what no rule foresaw"


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_mutated_files(take_in: TakeIn, tmp_path: Path, seed: int) -> None:
    fuzz(take_in, tmp_path, 1000, seed=100 + seed)
