"""Weights and training state on disk: safetensors named by the hash of their bytes, JSON beside them, never pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor, nn

from ml.errors import NonFiniteWeightsError, WeightsHashError

WEIGHTS_NAME = "checkpoint.safetensors"
STATE_FOLDER = "state"
KEPT_STATES = 2


def file_sha256(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes. Raises WeightsHashError when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise WeightsHashError(f"cannot read {path.name}: {error}; the run directory is not complete") from error
    return digest.hexdigest()


def check_finite(tensors: Mapping[str, Tensor]) -> None:
    """Raises NonFiniteWeightsError naming the first tensor with NaN or infinite numbers."""
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise NonFiniteWeightsError(f"weights {name!r} hold NaN or infinite numbers; train again")


def save_tensors(tensors: Mapping[str, Tensor], path: Path) -> str:
    """Write tensors atomically and return the file's SHA-256. Equal tensors give equal bytes."""
    ready = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in sorted(tensors.items())}
    partial = path.with_name(path.name + ".partial")
    save_file(ready, partial)
    partial.replace(path)
    return file_sha256(path)


def load_tensors(path: Path, expected_sha256: str) -> dict[str, Tensor]:
    """Read tensors whose bytes have the expected hash. Raises WeightsHashError otherwise.

    The bytes that were hashed are the bytes that are parsed: the file is read once.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsHashError(f"cannot read {path.name}: {error}; the run directory is not complete") from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected_sha256:
        raise WeightsHashError(
            f"{path.name} has hash {found[:12]}, recorded is {expected_sha256[:12]}; the file was changed or damaged"
        )
    try:
        return load(content)
    except SafetensorError as error:
        raise WeightsHashError(f"{path.name} is not a safetensors file: {error}") from error


def save_weights(tensors: Mapping[str, Tensor], run_dir: Path) -> str:
    """Write `checkpoint.safetensors` and return its SHA-256. Refuses weights that are not finite."""
    check_finite(tensors)
    return save_tensors(tensors, run_dir / WEIGHTS_NAME)


def load_weights(network: nn.Module, run_dir: Path, expected_sha256: str) -> None:
    """Fill a network from a run directory. Raises WeightsHashError (bytes, names, shapes) or NonFiniteWeightsError."""
    tensors = load_tensors(run_dir / WEIGHTS_NAME, expected_sha256)
    check_finite(tensors)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise WeightsHashError(f"{WEIGHTS_NAME} does not fit the plan's network: {error}") from error


def save_state(run_dir: Path, step: int, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write everything a resumed run needs: tensors as safetensors, numbers and their hash as JSON.

    The JSON comes last, so that a state without it was cut off while writing and is not one. Only two are kept.
    """
    folder = run_dir / STATE_FOLDER
    folder.mkdir(exist_ok=True)
    name = f"step-{step:08d}"
    digest = save_tensors(tensors, folder / f"{name}.safetensors")
    partial = folder / f"{name}.json.partial"
    partial.write_text(json.dumps({**facts, "step": step, "sha256": digest}), encoding="utf-8")
    partial.replace(folder / f"{name}.json")
    for old in sorted(folder.glob("step-*.json"))[:-KEPT_STATES]:
        old.unlink()
        old.with_suffix(".safetensors").unlink(missing_ok=True)


def newest_state(run_dir: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The newest state whose hash verifies, or None. A damaged one is passed over for the one before."""
    for path in sorted((run_dir / STATE_FOLDER).glob("step-*.json"), reverse=True):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            return load_tensors(path.with_suffix(".safetensors"), facts["sha256"]), facts
        except (WeightsHashError, json.JSONDecodeError, KeyError):
            continue
    return None
