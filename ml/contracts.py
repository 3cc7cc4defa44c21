"""The frozen dataclasses that cross the border between the web application and `ml`.

A data set on disk is one folder with `dataset.json` (a `Dataset`) and, per case, the arrays it names. Everything here
reads back from JSON with `from_json`, so `python -m ml` and the two runners speak the same language. No torch here.

Axis order: arrays are `(C, Z, Y, X)` or `(Z, Y, X)`; world is `xyz`, LPS, millimetres, voxel centres, zero-based.
Boxes are half-open voxel index extents in `zyx` order.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

Task = Literal["segmentation", "detection"]
Side = Literal["train", "val", "test"]
LabelStatus = Literal["marked", "searched_none", "not_assessed"]
Verdict = Literal["better", "not_worse", "worse", "cannot_tell"]


class ContractError(ValueError):
    """A JSON document does not fit its contract; the text names the field."""


@dataclass(frozen=True)
class JsonContract:
    """A dataclass that writes itself to JSON and reads itself back, refusing unknown or missing fields."""

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        hints = typing.get_type_hints(cls)
        known = {f.name: f for f in dataclasses.fields(cls)}
        unknown = sorted(set(document) - set(known))
        if unknown:
            raise ContractError(f"{cls.__name__}: unknown field {unknown[0]!r}; remove it or upgrade the program")
        values = {}
        for name, spec in known.items():
            if name in document:
                values[name] = _read(hints[name], document[name])
            elif spec.default is dataclasses.MISSING and spec.default_factory is dataclasses.MISSING:
                raise ContractError(f"{cls.__name__}: field {name!r} is missing")
        return cls(**values)

    def write(self, path: Path) -> None:
        """Write as indented JSON, atomically (temporary file, then rename)."""
        partial = path.with_name(path.name + ".partial")
        partial.write_text(json.dumps(self.to_json(), indent=2, sort_keys=True), encoding="utf-8")
        partial.replace(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls.from_json(json.loads(path.read_text(encoding="utf-8")))


def _read(hint: Any, value: Any) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in args if a is not type(None)]
        return None if value is None else _read(inner[0], value)
    if origin is tuple:
        item = args[0]
        return tuple(_read(item, v) for v in value)
    if origin is dict:
        return {k: _read(args[1], v) for k, v in value.items()}
    if isinstance(hint, type) and issubclass(hint, JsonContract):
        return hint.from_json(value)
    return value


@dataclass(frozen=True)
class LabelSpec(JsonContract):
    """One label a model learns. `code` is `scheme:value`, compared by the gate; `findings` says whether each
    connected component is a finding of its own ("many", lesions) or the whole mask is one ("one", organs)."""

    key: str
    code: str
    kind: Literal["segment", "box"]
    findings: Literal["one", "many"] = "many"


@dataclass(frozen=True)
class Box(JsonContract):
    """Half-open extent in voxel indices, `zyx`. `score` is 1.0 for a reference box."""

    label_key: str
    start_zyx: tuple[int, ...]
    stop_zyx: tuple[int, ...]
    score: float = 1.0


@dataclass(frozen=True)
class DatasetCase(JsonContract):
    """One case of a data set. Paths are relative to the data set's folder.

    `image_path`: `.npy`, `(C, Z, Y, X)`, any real dtype, modality values (HU, SUV, MONOCHROME2 order); 2D images have
    Z = 1; RGB has C = 3. `mask_paths`: label key -> `.npy` bool/uint8 `(Z, Y, X)`; a label that was searched and not
    found needs no file. `label_status`: every label key of the data set; "not_assessed" is masked in loss and metric.
    """

    case_id: str
    patient_key: str
    side: Side
    image_path: str
    affine_lps: tuple[tuple[float, ...], ...]
    spacing_mm: tuple[float, ...]
    modality: str
    label_status: dict[str, str]
    mask_paths: dict[str, str] = field(default_factory=dict)
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Dataset(JsonContract):
    """A frozen data set: what may be learned (`labels`, in channel order) and from which cases."""

    labels: tuple[LabelSpec, ...]
    cases: tuple[DatasetCase, ...]
    sha256: str = ""


@dataclass(frozen=True)
class TrainingSpec(JsonContract):
    """What a training run obeys. `dataset_dir` holds `dataset.json`; `seconds_budget` bounds the training loop
    (0 = no bound); `max_epochs` likewise. The network name is a key of `ml.networks.NETWORKS` or "auto"."""

    dataset_dir: str
    task: Task
    network: str = "auto"
    seed: int = 0
    seconds_budget: float = 0.0
    max_epochs: int = 0
    device: str = "auto"
    warm_start_dir: str = ""


@dataclass(frozen=True)
class Progress(JsonContract):
    """One line of live progress. `fraction` is 0..1 of the planned work; `metrics` holds numbers for the charts."""

    phase: Literal["preparing", "training", "validating", "scoring", "predicting", "done"]
    fraction: float
    message: str = ""
    epoch: int = 0
    epochs: int = 0
    seconds_left: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainingReport(JsonContract):
    """`report.json` of a run directory. `weights_sha256` is of `checkpoint.safetensors`.

    `score_thresholds` (detection): from which score a label's boxes are offered. Without a validation side the metric's
    name is "none".
    """

    task: Task
    network: str
    label_keys: tuple[str, ...]
    label_codes: tuple[str, ...]
    weights_sha256: str
    epochs: int
    seconds: float
    best_validation_metric: float
    validation_metric_name: str
    train_cases: int
    val_cases: int
    parameters: int
    device: str
    steps: int = 0
    score_thresholds: dict[str, float] = field(default_factory=dict)
    warm_start: bool = False


@dataclass(frozen=True)
class FindingPrediction(JsonContract):
    """One finding. For a segment `mask_path` names an `.npz` beside `prediction.json` holding `mask` (bool, the
    crop) and `start_zyx`; for a box only `box` is set. `largest_slice` is the z index with most voxels."""

    label_key: str
    kind: Literal["segment", "box"]
    score: float
    box: Box
    largest_slice: int
    voxel_count: int = 0
    mask_path: str = ""


@dataclass(frozen=True)
class PredictionResult(JsonContract):
    """`prediction.json` of one case. `uncertainty`: `entropy` (mean predictive entropy in nats near the predicted
    surface, or of detection scores), `entropy_by_label`, `least_score`; larger means less sure."""

    case_id: str
    findings: tuple[FindingPrediction, ...]
    entropy: float
    entropy_by_label: dict[str, float] = field(default_factory=dict)
    least_score: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class CaseScore(JsonContract):
    """Metric of one case: label key -> value, None where the label was not assessed in the reference."""

    case_id: str
    patient_key: str
    values: dict[str, float | None]


@dataclass(frozen=True)
class LabelComparison(JsonContract):
    """Candidate against active on the same patients. Interval: 95 %, paired bootstrap over patients."""

    label_key: str
    active_mean: float | None
    candidate_mean: float | None
    gain: float | None
    low: float | None
    high: float | None
    n: int
    verdict: Verdict
    needed_n: int | None = None


@dataclass(frozen=True)
class GateReport(JsonContract):
    """`gate.json`: the comparison that decides. `refusals` names each hard reason (non-finite weights, label keys
    differ, wrong hash, below the floor); any of them makes promotion impossible, whatever the verdict. `notes` say what
    a person should know and stop nothing. `baseline`: `name/label` -> the metric of an answer without a model."""

    metric_name: str
    verdict: Verdict
    overall: LabelComparison
    labels: tuple[LabelComparison, ...]
    candidate_scores: tuple[CaseScore, ...]
    active_scores: tuple[CaseScore, ...] = ()
    refusals: tuple[str, ...] = ()
    floor: float | None = None
    baseline: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    notes: tuple[str, ...] = ()
