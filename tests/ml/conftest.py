"""Shared phantoms: written once per test run, never changed by a test (tests that change files make their own)."""

import numpy as np
import pytest
import torch

from ml.contracts import TrainingSpec
from ml.phantom import make_phantom
from ml.train import train

torch.set_num_threads(1)
EPOCHS = 7


@pytest.fixture(scope="session")
def volumes(tmp_path_factory):
    """A folder with a segmentation phantom: 5 training, 2 validation, 6 test cases."""
    folder = tmp_path_factory.mktemp("volumes")
    make_phantom(folder, "segmentation")
    return folder


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A folder with a detection phantom."""
    folder = tmp_path_factory.mktemp("pictures")
    make_phantom(folder, "detection", train=3, val=1, test=2)
    return folder


@pytest.fixture(scope="session")
def trained(volumes, tmp_path_factory):
    """A finished segmentation run on `volumes`, with what it said on the way in `progress`."""
    run_dir = tmp_path_factory.mktemp("run")
    said = []
    spec = TrainingSpec(str(volumes), "segmentation", max_epochs=EPOCHS, device="cpu")
    report = train(spec, run_dir, said.append)
    return run_dir, report, said


@pytest.fixture
def generator():
    return np.random.default_rng(0)
