"""Slice masks on their way to the table and back, and frozen versions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from medreview.annotations.masks import load_mask, load_runs, load_volume
from medreview.annotations.models import AnnotationVersion, SliceMask
from medreview.annotations.selectors import frozen_versions, segment_voxels
from medreview.annotations.services.masks import pack_mask, pack_runs, pack_volume, store_mask
from medreview.annotations.services.versions import NewVersion, add_versions
from medreview.core.errors import Invalid
from ml.masks import slice_digest
from tests.factories import SHAPE, World, block_mask, grid_of, make_case, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@given(hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_a_packed_mask_unpacks_to_the_same_voxels(mask: np.ndarray) -> None:
    packed = pack_mask(mask)
    row = SliceMask(packed.digest, packed.rows, packed.columns, packed.voxel_count, packed.data)
    np.testing.assert_array_equal(load_mask(row), mask)
    assert packed.digest == slice_digest(mask)
    assert packed.voxel_count == mask.sum()


@given(st.lists(st.booleans(), min_size=20, max_size=20))
def test_runs_and_masks_say_the_same(flat: list[bool]) -> None:
    mask = np.array(flat).reshape(4, 5)
    packed = pack_mask(mask)
    row = SliceMask(packed.digest, 4, 5, packed.voxel_count, packed.data)
    assert pack_runs(load_runs(row), 4, 5) == packed


@pytest.mark.django_db
def test_equal_voxels_are_stored_once_whatever_their_dtype() -> None:
    mask = block_mask()[1]
    first = store_mask(mask)
    assert store_mask(np.asfortranarray(mask.astype(np.uint8) * 7)).pk == first.pk
    assert SliceMask.objects.count() == 1
    assert store_mask(mask.T.copy()).pk != first.pk


def test_a_volume_is_packed_slice_by_slice_without_the_empty_ones() -> None:
    assert [k for k, _ in pack_volume(block_mask())] == [1, 2]
    assert pack_volume(np.zeros(SHAPE, bool)) == []


@pytest.mark.parametrize("data", [b"", b"not zlib", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_damaged_bytes_are_named(data: bytes) -> None:
    with pytest.raises(Invalid, match="fsck"):
        load_mask(SliceMask("0" * 64, 12, 10, 1, data))


def test_a_slice_of_another_size_is_refused() -> None:
    packed = pack_mask(np.ones((3, 3), bool))
    row = SliceMask(packed.digest, 3, 3, 9, packed.data)
    with pytest.raises(Invalid, match="does not fit"):
        load_volume([(0, row)], SHAPE)


def test_a_bomb_of_zeros_is_not_unpacked() -> None:
    import zlib

    with pytest.raises(Invalid):
        load_mask(SliceMask("0" * 64, 12, 10, 0, zlib.compress(bytes(200_000_000), 9)))


def test_versions_of_one_finding_share_an_annotation_and_its_tracking_uid(world: World) -> None:
    case = make_case(world.project)
    grid = grid_of(case)

    def mark(**changes: object) -> NewVersion:
        values = {"slices": pack_volume(block_mask()), "author_id": world.alice.pk, **changes}
        return NewVersion("f1", "lesion", "99TEST:lesion", "segment", "MANUAL", grid.pk, **values)  # type: ignore[arg-type]

    [first] = add_versions(case=case, reading_id=7, freeze=1, marks=[mark()])
    [second] = add_versions(case=case, reading_id=7, freeze=2, marks=[mark(author_id=world.bob.pk)])
    [foreign] = add_versions(case=case, reading_id=8, freeze=1, marks=[mark()])
    assert first.annotation_id == second.annotation_id != foreign.annotation_id
    assert [first.number, second.number] == [1, 2]
    assert first.annotation.tracking_uid.startswith("2.25.")
    assert AnnotationVersion.objects.get(pk=second.pk).created_by == world.bob
    assert list(frozen_versions(reading_id=7, freeze=2)) == [second]
    np.testing.assert_array_equal(segment_voxels(second), block_mask())
    assert SliceMask.objects.count() == 1
