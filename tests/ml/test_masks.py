"""Laws of bit masks: packing and deltas lose nothing, a delta undoes itself, components partition a mask."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ml import masks

shapes = st.tuples(st.integers(1, 9), st.integers(1, 9))
slices = shapes.flatmap(lambda s: hnp.arrays(bool, s))
pairs = shapes.flatmap(lambda s: st.tuples(hnp.arrays(bool, s), hnp.arrays(bool, s)))
triples = shapes.flatmap(lambda s: st.tuples(*[hnp.arrays(bool, s)] * 3))
volumes = hnp.arrays(bool, st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(1, 6)))


@given(slices)
def test_packing_loses_nothing(mask):
    np.testing.assert_array_equal(masks.unpack_slice(masks.pack_slice(mask), *mask.shape), mask)


def test_bits_are_little_endian_and_the_digest_names_the_shape():
    mask = np.zeros((1, 9), dtype=np.uint8)
    mask[0, 0] = mask[0, 8] = 1
    assert masks.pack_slice(mask) == b"\x01\x01"
    assert masks.slice_digest(mask) == hashlib.sha256(b"1x9:\x01\x01").hexdigest()
    assert masks.slice_digest(mask) != masks.slice_digest(mask.T)
    assert masks.slice_digest(mask) == masks.slice_digest(np.asfortranarray(mask.astype(bool)))


@pytest.mark.parametrize("packed", [b"", b"\x00\x00\x00", b"\x00\x02"])
def test_bytes_that_do_not_fit_the_slice_are_refused(packed):
    with pytest.raises(masks.MaskError):
        masks.unpack_slice(packed, 1, 9)


@given(pairs)
def test_a_delta_leads_from_before_to_after_and_back(pair):
    before, after = pair
    runs = masks.encode_runs(before, after)
    masks.check_runs(runs, before.size)
    np.testing.assert_array_equal(masks.apply_runs(before, runs), after)
    np.testing.assert_array_equal(masks.apply_runs(after, runs), before)


@given(triples)
def test_composed_deltas_do_what_both_do(three):
    a, b, c = three
    runs = masks.compose_runs(masks.encode_runs(a, b), masks.encode_runs(b, c), *a.shape)
    assert runs == masks.encode_runs(a, c)


@pytest.mark.parametrize("runs", [[0], [0, 0], [-1, 2], [0, 10], [3, 2, 4, 1], [4, 1, 0, 1], [0, 1.5], [True, 1]])
def test_runs_that_are_not_runs_are_refused(runs):
    with pytest.raises(masks.MaskError):
        masks.apply_runs(np.zeros((3, 3), dtype=bool), runs)


@given(volumes)
def test_components_partition_the_mask(mask):
    rebuilt = np.zeros_like(mask)
    parts = masks.connected_components(mask)
    for part in parts:
        where = tuple(slice(a, b) for a, b in zip(part.start_zyx, part.stop_zyx, strict=True))
        assert not (rebuilt[where] & part.mask).any()
        rebuilt[where] |= part.mask
    np.testing.assert_array_equal(rebuilt, mask)
    assert [p.voxel_count for p in parts] == sorted((p.voxel_count for p in parts), reverse=True)


def test_corner_neighbours_are_one_finding_and_an_organ_is_always_one():
    mask = np.zeros((3, 4, 4), dtype=bool)
    mask[0, 0, 0] = mask[1, 1, 1] = mask[0, 3, 3] = True
    assert [p.voxel_count for p in masks.split_findings(mask, "many")] == [2, 1]
    (organ,) = masks.split_findings(mask, "one")
    assert (organ.start_zyx, organ.stop_zyx, organ.voxel_count) == ((0, 0, 0), (2, 4, 4), 3)
    assert masks.split_findings(np.zeros((1, 2, 2), bool), "one") == []


def test_largest_slice_and_empty():
    mask = np.zeros((3, 2, 2), dtype=bool)
    mask[2] = True
    mask[1, 0, 0] = True
    assert masks.largest_slice(mask) == 2
    assert masks.bounding_box(np.zeros((2, 2, 2), bool)) is None
    with pytest.raises(masks.MaskError):
        masks.largest_slice(np.zeros((2, 2, 2), bool))
