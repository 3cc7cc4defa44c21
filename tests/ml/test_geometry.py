"""Laws of the grid: index -> world -> index is the identity, LPS <-> RAS its own inverse, slices in spatial order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml import geometry

AXIAL = (1, 0, 0, 0, 1, 0)
finite = st.floats(-500, 500, allow_nan=False)


def rotation(angles):
    a, b, c = angles
    rx = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    ry = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return rx @ ry @ rz


@st.composite
def affines(draw):
    matrix = np.eye(4)
    spacing = draw(st.tuples(*[st.floats(0.2, 8)] * 3))
    matrix[:3, :3] = rotation(draw(st.tuples(*[st.floats(-3, 3)] * 3))) * np.array(spacing)
    matrix[:3, 3] = draw(st.tuples(finite, finite, finite))
    return matrix


@given(affines(), st.tuples(finite, finite, finite))
def test_index_to_world_to_index_is_the_identity(affine, index):
    back = geometry.world_to_index(affine, geometry.index_to_world(affine, index))
    np.testing.assert_allclose(back, index, atol=1e-6)


@given(affines())
def test_lps_to_ras_is_its_own_inverse_and_keeps_spacing(affine):
    ras = geometry.lps_to_ras(affine)
    np.testing.assert_allclose(geometry.ras_to_lps(ras), affine)
    np.testing.assert_allclose(geometry.spacing_zyx(ras), geometry.spacing_zyx(affine))


def test_index_zyx_meets_world_xyz():
    affine = np.diag([0.5, 2.0, 3.0, 1.0])
    np.testing.assert_allclose(geometry.index_to_world(affine, (1, 10, 100)), (50, 20, 3))
    assert geometry.spacing_zyx(affine) == (3.0, 2.0, 0.5)


def test_nifti_array_and_affine_go_there_and_back():
    data = np.arange(24).reshape(2, 3, 4)
    affine = np.array([[-1.0, 0, 0, 9], [0, 2, 0, 8], [0, 0, 3, 7], [0, 0, 0, 1]])
    volume, lps = geometry.array_from_nifti(data, affine)
    assert volume.shape == (4, 3, 2)
    world_ras = affine @ (1, 2, 3, 1)
    np.testing.assert_allclose(geometry.index_to_world(lps, (3, 2, 1)), world_ras[:3] * (-1, -1, 1))
    back, back_affine = geometry.array_to_nifti(volume, lps)
    np.testing.assert_array_equal(back, data)
    np.testing.assert_allclose(back_affine, affine)


def test_slices_are_ordered_by_position_not_by_input_order():
    found = geometry.order_along_normal([(0, 0, 6), (0, 0, 0), (0, 0, 3)], AXIAL)
    assert found.order == (1, 2, 0)
    assert (found.gap_mm, found.largest_gap_error_mm, found.tilt_mm, found.duplicates) == (3.0, 0.0, 0.0, 0)


def test_missing_duplicate_and_tilted_slices_are_seen():
    missing = geometry.order_along_normal([(0, 0, z) for z in (0, 1, 2, 4, 5)], AXIAL)
    assert missing.largest_gap_error_mm == pytest.approx(1.0)
    assert geometry.order_along_normal([(0, 0, 0), (0, 0, 0), (0, 0, 1)], AXIAL).duplicates == 1
    assert geometry.order_along_normal([(0, 0.2 * z, z) for z in range(6)], AXIAL).tilt_mm == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("orientation", "name"),
    [
        (AXIAL, "AX"),
        ((1, 0, 0, 0, 0, -1), "COR"),
        ((0, 1, 0, 0, 0, -1), "SAG"),
        ((1, 0, 0, 0, 0.7071, 0.7071), "oblique"),
        ((1, 0, 0, 0, 0.9848, 0.1736), "AX"),
    ],
)
def test_planes_have_names(orientation, name):
    assert geometry.plane_name(orientation) == name


@given(affines())
def test_canonical_axes_turn_any_grid_towards_superior_posterior_left(affine):
    permutation, flips = geometry.canonical_axes(affine)
    assert sorted(permutation) == [0, 1, 2]
    columns = [2 - axis for axis in permutation]
    signs = [-1 if flip else 1 for flip in flips]
    turned = np.stack([affine[:3, c] * s for c, s in zip(columns, signs, strict=True)])
    assert all(turned[k, 2 - k] >= -1e-9 for k in range(3))


def test_letters_of_plain_and_sagittal_grids():
    assert geometry.direction_letters(np.eye(4)) == "SPL"
    sagittal = geometry.affine_from_dicom((0, 0, 0), (0, 1, 0, 0, 0, -1), 1, 1, (-1, 0, 0))
    assert geometry.direction_letters(sagittal) == "RIP"
    assert geometry.plane_name(geometry.orientation_of(sagittal)) == "SAG"


def test_crop_keeps_voxels_where_they_were():
    affine = geometry.affine_from_dicom((5, 6, 7), AXIAL, 2, 0.5, (0, 0, 4))
    cropped = geometry.affine_after_crop(affine, (1, 2, 3))
    np.testing.assert_allclose(geometry.index_to_world(cropped, (0, 0, 0)), geometry.index_to_world(affine, (1, 2, 3)))


@pytest.mark.parametrize("bad", [np.zeros((4, 4)), np.eye(3), np.full((4, 4), np.nan)])
def test_an_impossible_affine_is_refused(bad):
    with pytest.raises(geometry.GeometryError):
        geometry.spacing_zyx(bad)
