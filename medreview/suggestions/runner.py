"""In the spawned child only: turns cases into `ml.contracts`, asks the model, stores each answer, ranks the pool.

Each answer is written in a transaction fenced by the job's token, so that a child whose worker lost the job writes
nothing, and a resumed run goes on where the last one stopped.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from medreview.annotations.services.masks import PackedMask, pack_mask
from medreview.archive.models import Grid
from medreview.cases.models import Case, CaseStack
from medreview.core.errors import DomainError, JobFailed
from medreview.core.jobs import fenced
from medreview.registry.weights import run_folder
from medreview.suggestions import selectors, services
from medreview.suggestions.images import write_case
from medreview.suggestions.models import CasePrediction, PredictionRun
from ml import acquire, infer
from ml.contracts import FindingPrediction, PredictionResult, Progress
from ml.errors import MlError

REASON_OF_PICK = {"model_unsure": "model_unsure", "random_share": "random_share", "not_scored": "new"}

Report = Callable[[dict[str, Any]], None]


def predict(payload: dict[str, Any], report: Report) -> dict[str, Any]:
    """Answer every case of the run that has no answer yet; returns {"order": ranked pool}. Raises JobFailed."""
    run = PredictionRun.objects.select_related("project", "model_version").get(pk=payload["run_id"])
    model = run.model_version
    try:
        predictor = infer.load(run_folder(model), "auto", expected_sha256=model.weights_id)
    except MlError as error:
        raise JobFailed(f"Model v{model.version} cannot be loaded: {error}", retryable=error.retryable) from error
    done = set(CasePrediction.objects.filter(run=run).values_list("case_id", flat=True))
    todo = [case_id for case_id in run.case_ids if case_id not in done]
    clock = time.monotonic()
    for number, case_id in enumerate(todo):
        report(_progress(len(run.case_ids), len(todo), number, time.monotonic() - clock))
        _answer(run, predictor, case_id, payload)
    report(Progress("scoring", 1.0, "ordering the work list").to_json())
    return {"order": rank_pool(run)}


def _progress(total: int, todo: int, number: int, seconds: float) -> dict[str, Any]:
    left = seconds / number * (todo - number) if number else None
    place = total - todo + number
    return Progress("predicting", place / total, f"case {place + 1} of {total}", seconds_left=left).to_json()


def _answer(run: PredictionRun, predictor: infer.Predictor, case_id: int, payload: dict[str, Any]) -> None:
    """Predict outside of any transaction, then store in the fenced one. A case that cannot be read says so itself."""
    case = Case.objects.select_related("split").filter(pk=case_id, excluded_reason="").first()
    if case is None or case.is_reference or services.hold_of(case_id).is_read:
        return
    stack = CaseStack.objects.filter(case=case).select_related("grid").order_by("position").first()
    grid = stack.grid if stack is not None else None
    answer = answer_case(predictor, case, grid) if grid is not None else services.Answer(error="no image stack")
    with fenced(payload["job_id"], payload["token"]):
        services.store_answer(run=run, case=case, grid=grid, answer=answer)


def answer_case(predictor: infer.Predictor, case: Case, grid: Grid) -> services.Answer:
    """What the model says about the first stack of a case. An error about this case becomes its answer."""
    with tempfile.TemporaryDirectory(prefix="medreview-predict-") as name:
        folder = Path(name)
        try:
            line = write_case(case=case, grid=grid, dataset_dir=folder, side="train", label_status={})
            result = predictor.predict(line, folder, folder / "out")
        except (MlError, DomainError, ValueError, OSError) as error:
            return services.Answer(error=f"{type(error).__name__}: {error}"[:2000])
        offers = tuple(_offer(finding, grid, folder / "out") for finding in result.findings)
    return services.Answer(entropy=result.entropy, detail=_detail(result), offers=offers)


def _detail(result: PredictionResult) -> dict[str, Any]:
    return {
        "entropy_by_label": result.entropy_by_label,
        "least_score": result.least_score,
        "seconds": result.seconds,
    }


def _offer(finding: FindingPrediction, grid: Grid, out_dir: Path) -> services.Offer:
    volume_ml = None
    if finding.kind == "segment" and grid.spacing_known:
        volume_ml = finding.voxel_count * float(np.prod(grid.spacing_mm)) / 1000.0
    return services.Offer(
        label_key=finding.label_key,
        kind=finding.kind,
        score=finding.score,
        box={"start_zyx": list(finding.box.start_zyx), "stop_zyx": list(finding.box.stop_zyx)},
        largest_slice=finding.largest_slice,
        voxel_count=finding.voxel_count,
        volume_ml=volume_ml,
        slices=_slices(out_dir / finding.mask_path, grid) if finding.mask_path else (),
    )


def _slices(path: Path, grid: Grid) -> tuple[tuple[int, PackedMask], ...]:
    """The crop `mask` (bool zyx) at `start_zyx` as whole packed slices."""
    with np.load(path, allow_pickle=False) as stored:
        crop, start = stored["mask"].astype(bool), [int(v) for v in stored["start_zyx"]]
    packed = []
    for offset in np.flatnonzero(crop.reshape(len(crop), -1).any(axis=1)).tolist():
        whole = np.zeros(tuple(grid.shape_zyx)[1:], dtype=bool)
        whole[start[1] : start[1] + crop.shape[1], start[2] : start[2] + crop.shape[2]] = crop[offset]
        packed.append((start[0] + offset, pack_mask(whole)))
    return tuple(packed)


def rank_pool(run: PredictionRun) -> list[dict[str, Any]]:
    """Every case that waits to be read, in the order to read it: by entropy, with a share drawn at random."""
    known = selectors.entropies(run.model_version)
    scores = {str(case_id): known.get(case_id) for case_id in services.pool_of(run.project)}
    picks = acquire.rank(
        scores, len(scores), "entropy", np.random.default_rng(run.pk), random_share=run.project.random_share
    )
    pool = sum(score is not None for score in scores.values())
    return [
        {
            "case_id": int(pick.case_id),
            "reason_code": REASON_OF_PICK[pick.reason],
            "values": {"entropy": pick.value, "rank": (pick.place or 0) + 1, "pool": pool},
        }
        for pick in picks
    ]
