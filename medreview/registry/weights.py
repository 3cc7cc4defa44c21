"""Is a model's file still what was registered? Checked again each time before it may serve.

Numpy only: a web process reads safetensors without torch.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from safetensors import SafetensorError, safe_open

from medreview.core import blobs
from medreview.registry.models import ModelVersion

CHECKPOINT = "checkpoint.safetensors"
PLAN = "plan.json"


def run_folder(model: ModelVersion) -> Path:
    """Where the run directory of a model lies."""
    return Path(settings.RUNS_DIR) / model.run_dir


def check_weights(model: ModelVersion) -> list[str]:
    """Every reason why a model's files must not serve; empty when they may."""
    return check_files(
        run_folder(model), sha256=model.weights_id, label_keys=model.label_keys, label_codes=model.label_codes
    )


def check_files(folder: Path, *, sha256: str, label_keys: list[str], label_codes: list[str]) -> list[str]:
    """Look at the stored blob and at the copy the workers load: hash, finite numbers, label keys in the same order."""
    stored = _wrong_hash("The stored weights", blobs.path_of(sha256), sha256)
    loaded = _wrong_hash("The weights in the run folder", folder / CHECKPOINT, sha256)
    hashes = [reason for reason in (stored, loaded) if reason]
    if hashes:
        return hashes
    registered = {"label_keys": label_keys, "label_codes": label_codes}
    return [*_not_finite(folder / CHECKPOINT), *_label_keys_differ(registered, folder / PLAN)]


def _wrong_hash(what: str, path: Path, expected: str) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            for chunk in iter(lambda: stream.read(1 << 20), b""):
                digest.update(chunk)
    except OSError:
        return f"{what} are gone (sha256 {expected[:12]}); run `medreview fsck` or train again."
    if digest.hexdigest() != expected:
        return f"{what} have the wrong hash: {digest.hexdigest()[:12]} instead of {expected[:12]}. Train again."
    return ""


def _not_finite(path: Path) -> list[str]:
    try:
        with safe_open(str(path), framework="numpy") as tensors:
            bad = [name for name in tensors.keys() if not np.isfinite(tensors.get_tensor(name)).all()]  # noqa: SIM118
    except (SafetensorError, TypeError, ValueError, OSError) as error:
        return [f"The weights cannot be read as safetensors: {error}"]
    if bad:
        return [f"{len(bad)} weight tensors hold NaN or infinite numbers, the first is {sorted(bad)[0]}."]
    return []


def _label_keys_differ(registered: dict[str, list[str]], path: Path) -> list[str]:
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return [f"The plan of the run cannot be read: {error}"]
    reasons = []
    for name, expected in registered.items():
        found = plan.get(name) if isinstance(plan, dict) else None
        if found != expected:
            reasons.append(f"The plan's {name.replace('_', ' ')} are {found}, registered were {expected}.")
    return reasons


def label_reasons(model: ModelVersion, labels: dict[str, str]) -> list[str]:
    """Why the model's labels do not fit a label set given as key -> code; a label it does not know yet is no reason."""
    reasons: list[str] = []
    keys: list[Any] = list(model.label_keys)
    if len(set(keys)) != len(keys) or len(keys) != len(model.label_codes):
        return [f"The model's label keys {keys} and codes {model.label_codes} do not pair up."]
    for key, code in zip(keys, model.label_codes, strict=True):
        if key in labels and labels[key] != code:
            reasons.append(f"Label {key} means {labels[key]} in the project, but the model learned it as {code}.")
    return reasons
