"""Whatever the bytes are, an import ends and every file has an outcome."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medreview.archive.models import Grid
from medreview.archive.volume import read_volume
from tests import phantoms
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


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_mutated_files(take_in: TakeIn, tmp_path: Path, seed: int) -> None:
    fuzz(take_in, tmp_path, 1000, seed=100 + seed)
