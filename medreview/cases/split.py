"""The law of the split (DESIGN §5.7), pure: which side the n-th new patient of a project goes to.

Patients in order of first sight fill blocks of `sum(ratio)`; each block holds exactly `ratio` patients of each side, in
an order drawn from the project's salt and the block's number. Patients first seen together are ordered by their split
key, itself a salted hash, so that names and arrival say nothing about the side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

SIDES = ("train", "val", "test")


def side_of_position(salt: str, ratio: Sequence[int], position: int) -> tuple[str, int]:
    """(side, block) of the patient that is seen as number `position` (from 0). `ratio` is (train, val, test)."""
    size = sum(ratio)
    block, place = divmod(position, size)
    return sides_of_block(salt, ratio, block)[place], block


def sides_of_block(salt: str, ratio: Sequence[int], block: int) -> list[str]:
    """The sides of one block in order of first sight."""
    sides = [side for side, count in zip(SIDES, ratio, strict=True) for _ in range(count)]
    order = sorted(range(len(sides)), key=lambda n: hashlib.sha256(f"block:{salt}:{block}:{n}".encode()).digest())
    return [sides[n] for n in order]
