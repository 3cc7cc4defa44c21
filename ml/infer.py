"""Prediction of one case by a finished run: probabilities, findings with scores, uncertainty, files.

Findings of a segment label: the mask where the probability reaches the plan's threshold, on the case's own grid; parts
smaller than the plan's least volume are dropped; a "one" label is a single finding (specks under 2 % of its largest
part are dropped), a "many" label one finding per connected part. A finding's score is the mean probability over its
voxels: a score, not a calibrated probability. Boxes: detections from the score threshold that validation chose, at
most 200.
Uncertainty of a segment label: mean binary entropy (nats) within two voxels of the predicted surface; where nothing was
predicted, over the thousand most probable voxels, so that a near miss counts as unsure. Of a box label: mean
binary entropy of the scores of its detections above 0.1, zero when there are none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import nn

from ml import masks
from ml.checkpoint import load_weights
from ml.contracts import Box, DatasetCase, FindingPrediction, PredictionResult, TrainingReport
from ml.data import prepare_image
from ml.detection import DEFAULT_THRESHOLD, detect, on_case_grid
from ml.device import choose_device
from ml.errors import WeightsHashError
from ml.networks import build
from ml.plan import DETECTIONS_PER_IMAGE, Plan
from ml.sliding import probabilities

MOST_FINDINGS = 200
SPECK_SHARE = 0.02
SURFACE_VOXELS = 2
UNSURE_VOXELS = 1000

Probability = NDArray[np.float32]


@dataclass(frozen=True)
class ScoredComponent:
    """One segment finding on the case's grid with its mean probability."""

    label_key: str
    part: masks.Component
    score: float


class Predictor:
    """A loaded model. `plan` and `report` are its run's; `weights_sha256` is of the file that was read."""

    def __init__(self, plan: Plan, report: TrainingReport, network: nn.Module, device: torch.device) -> None:
        self.plan, self.report, self.network, self.device = plan, report, network, device
        self.weights_sha256 = report.weights_sha256

    def predict(
        self,
        case: DatasetCase,
        dataset_dir: Path,
        out_dir: Path,
        on_fraction: Callable[[float], None] = lambda _fraction: None,
    ) -> PredictionResult:
        """Predict a case and write `prediction.json` and a file per segment finding into `out_dir`.

        Raises DatasetError when the image cannot be read or has another number of channels than the model learned.
        """
        began = time.monotonic()
        out_dir.mkdir(parents=True, exist_ok=True)
        if self.plan.task == "detection":
            boxes, entropy = self.boxes(case, dataset_dir)
            findings = [_box_finding(box) for box in boxes if box.score >= self.threshold(box.label_key)]
        else:
            parts, entropy = self.segments(case, dataset_dir, on_fraction)
            findings = [_write_segment(part, number, out_dir) for number, part in enumerate(parts)]
        findings = sorted(findings, key=lambda finding: -finding.score)[:MOST_FINDINGS]
        result = PredictionResult(
            case_id=case.case_id,
            findings=tuple(findings),
            entropy=float(np.mean(list(entropy.values()))),
            entropy_by_label=entropy,
            least_score=min((finding.score for finding in findings), default=None),
            seconds=round(time.monotonic() - began, 3),
        )
        result.write(out_dir / "prediction.json")
        return result

    def threshold(self, label_key: str) -> float:
        """From which score a label's boxes are offered: chosen on the validation side, else the plan's."""
        return self.report.score_thresholds.get(label_key, DEFAULT_THRESHOLD)

    def boxes(self, case: DatasetCase, dataset_dir: Path) -> tuple[list[Box], dict[str, float]]:
        """All detections, also those below the threshold (average precision needs them), and entropy by label."""
        image, frame = prepare_image(case, dataset_dir, self.plan)
        found = on_case_grid(detect(image, self.network, self.plan, self.device), frame)[:DETECTIONS_PER_IMAGE]
        entropy = {k: _score_entropy([b.score for b in found if b.label_key == k]) for k in self.plan.label_keys}
        return found, entropy

    def segments(
        self, case: DatasetCase, dataset_dir: Path, on_fraction: Callable[[float], None] = lambda _fraction: None
    ) -> tuple[list[ScoredComponent], dict[str, float]]:
        """Segment findings on the case's own grid, and entropy by label."""
        image, frame = prepare_image(case, dataset_dir, self.plan)
        found = probabilities(image, self.network, self.plan, self.device, on_fraction)
        voxel = float(np.prod(case.spacing_mm)) if self.plan.spacing_mm else 1.0
        parts: list[ScoredComponent] = []
        entropy: dict[str, float] = {}
        for channel, key in enumerate(self.plan.label_keys):
            entropy[key] = surface_entropy(found[channel], self.plan.threshold)
            probability = frame.to_case(found[channel])
            least = self.plan.min_finding_volume.get(key, 0.0) / voxel
            kind = cast(Literal["one", "many"], self.plan.label_findings[channel])
            for part in clean_findings(probability >= self.plan.threshold, kind, least):
                where = tuple(slice(a, b) for a, b in zip(part.start_zyx, part.stop_zyx, strict=True))
                parts.append(ScoredComponent(key, part, float(probability[where][part.mask].mean())))
        return parts, entropy


def load(run_dir: Path, device: str = "auto", expected_sha256: str | None = None) -> Predictor:
    """The model of a finished run, ready to predict.

    `expected_sha256` is what the caller recorded; without it the run's own report counts. Raises WeightsHashError when
    the run is not complete, the bytes differ or do not fit the plan, NonFiniteWeightsError for NaN or infinite weights.
    """
    try:
        plan, report = Plan.read(run_dir / "plan.json"), TrainingReport.read(run_dir / "report.json")
    except (OSError, ValueError) as error:
        raise WeightsHashError(f"run directory {run_dir.name} is not complete: {error}") from error
    where = choose_device(device)
    network = build(plan)
    load_weights(network, run_dir, expected_sha256 or report.weights_sha256)
    return Predictor(plan, report, network.to(where).eval(), where)


def clean_findings(
    mask: NDArray[np.bool_], findings: Literal["one", "many"], least_voxels: float
) -> list[masks.Component]:
    """A predicted mask as findings without what is too small, largest first."""
    parts = masks.connected_components(mask)
    if findings == "many":
        return [part for part in parts if part.voxel_count >= least_voxels][:MOST_FINDINGS]
    # An organ is one finding however small: only specks beside its largest part go.
    kept = np.zeros_like(mask)
    for part in parts:
        if part.voxel_count >= SPECK_SHARE * parts[0].voxel_count:
            kept[tuple(slice(a, b) for a, b in zip(part.start_zyx, part.stop_zyx, strict=True))] |= part.mask
    return masks.split_findings(kept, "one")


def binary_entropy(probability: NDArray[np.floating]) -> NDArray[np.float64]:
    """-p log p - (1 - p) log(1 - p) in nats, elementwise: 0 at 0 and 1, largest (log 2) at one half."""
    p = np.clip(np.asarray(probability, dtype=np.float64), 1e-12, 1 - 1e-12)
    return np.asarray(-p * np.log(p) - (1 - p) * np.log1p(-p), dtype=np.float64)


def surface_entropy(probability: Probability, threshold: float) -> float:
    """Mean binary entropy near the predicted surface of one label `(Z, Y, X)`; see the module's docstring."""
    inside = probability >= threshold
    if not inside.any():
        count = min(UNSURE_VOXELS, probability.size)
        likely = np.partition(probability.ravel(), probability.size - count)[-count:]
        return float(binary_entropy(likely).mean())
    where = tuple(
        slice(max(0, s.start - SURFACE_VOXELS), s.stop + SURFACE_VOXELS)
        for s in ndimage.find_objects(inside.astype(np.uint8))[0]
    )
    inside, probability = inside[where], probability[where]
    grown = ndimage.binary_dilation(inside, iterations=SURFACE_VOXELS)
    core = ndimage.binary_erosion(inside, iterations=SURFACE_VOXELS, border_value=1)
    band = grown & ~core
    return float(binary_entropy(probability[band] if band.any() else probability).mean())


def _score_entropy(scores: list[float]) -> float:
    likely = np.array([score for score in scores if score > 0.1])
    return float(binary_entropy(likely).mean()) if len(likely) else 0.0


def _box_finding(box: Box) -> FindingPrediction:
    voxels = int(np.prod([b - a for a, b in zip(box.start_zyx, box.stop_zyx, strict=True)]))
    middle = (box.start_zyx[0] + box.stop_zyx[0] - 1) // 2
    return FindingPrediction(box.label_key, "box", box.score, box, middle, voxels)


def _write_segment(found: ScoredComponent, number: int, out_dir: Path) -> FindingPrediction:
    part = found.part
    name = f"finding-{number:03d}.npz"
    np.savez_compressed(out_dir / name, mask=part.mask, start_zyx=np.array(part.start_zyx))
    box = Box(found.label_key, part.start_zyx, part.stop_zyx, found.score)
    largest = part.start_zyx[0] + masks.largest_slice(part.mask)
    return FindingPrediction(found.label_key, "segment", found.score, box, largest, part.voxel_count, name)
