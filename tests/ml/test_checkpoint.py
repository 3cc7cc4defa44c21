"""Weights come back bit by bit, or not at all with the reason."""

import pytest
import torch

from ml import checkpoint
from ml.errors import NonFiniteWeightsError, WeightsHashError


@pytest.fixture
def tensors():
    torch.manual_seed(0)
    return {"b": torch.randn(3, 4), "a": torch.arange(5), "half": torch.randn(2).bfloat16()}


def test_weights_come_back_bit_by_bit(tmp_path, tensors):
    digest = checkpoint.save_weights(tensors, tmp_path)
    back = checkpoint.load_tensors(tmp_path / checkpoint.WEIGHTS_NAME, digest)
    assert set(back) == set(tensors)
    assert all(torch.equal(back[name], tensors[name]) and back[name].dtype == tensors[name].dtype for name in tensors)


def test_equal_weights_have_equal_bytes(tmp_path, tensors):
    first = checkpoint.save_weights(tensors, tmp_path)
    assert checkpoint.save_weights(dict(reversed(tensors.items())), tmp_path) == first


def test_changed_bytes_are_refused(tmp_path, tensors):
    digest = checkpoint.save_weights(tensors, tmp_path)
    path = tmp_path / checkpoint.WEIGHTS_NAME
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsHashError, match="has hash"):
        checkpoint.load_tensors(path, digest)


def test_absent_and_foreign_files_are_refused(tmp_path):
    with pytest.raises(WeightsHashError, match="cannot read"):
        checkpoint.load_tensors(tmp_path / "nothing", "0")
    path = tmp_path / "text"
    path.write_text("not weights")
    with pytest.raises(WeightsHashError, match="not a safetensors file"):
        checkpoint.load_tensors(path, checkpoint.file_sha256(path))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_never_written(tmp_path, tensors, bad):
    tensors["b"][0, 0] = bad
    with pytest.raises(NonFiniteWeightsError, match="'b'"):
        checkpoint.save_weights(tensors, tmp_path)
    assert not list(tmp_path.iterdir())


def test_weights_of_another_network_are_refused(tmp_path, tensors):
    digest = checkpoint.save_weights(tensors, tmp_path)
    with pytest.raises(WeightsHashError, match="does not fit"):
        checkpoint.load_weights(torch.nn.Linear(2, 2), tmp_path, digest)


def test_the_newest_state_whose_hash_verifies_is_taken(tmp_path, tensors):
    assert checkpoint.newest_state(tmp_path) is None
    for step in (10, 20, 30):
        checkpoint.save_state(tmp_path, step, {**tensors, "step": torch.tensor(step)}, {})
    names = sorted(path.name for path in (tmp_path / "state").iterdir())
    assert names == [f"step-{s:08d}.{e}" for s in (20, 30) for e in ("json", "safetensors")]
    (tmp_path / "state" / "step-00000030.safetensors").write_bytes(b"cut off")
    found, facts = checkpoint.newest_state(tmp_path)
    assert (int(found["step"]), facts["step"]) == (20, 20)
