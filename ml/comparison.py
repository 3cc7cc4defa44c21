"""Is the candidate better than the active model? Paired bootstrap over patients and the rules that turn it into a
verdict.

Every interval is a 95 % percentile interval of a paired bootstrap: patients are drawn with replacement, both models are
scored on the same draw, and the gain is candidate minus active. The unit is the patient, because two cases of one
person are not two observations. Numpy only; who calls this reads no images.

Rules, with margin m (0.02) and least number of patients N (5), for one label or for the overall metric:

- fewer than N patients -> cannot_tell, whatever the numbers
- low > -m and gain > 0  -> better
- low > -m and gain <= 0 -> not_worse
- low <= -m and high < 0 -> worse (surely a loss, and not shown to be within the margin)
- otherwise              -> cannot_tell

For the whole comparison: any label or the overall metric worse -> worse; any known label's low bound not above -m, or
known on too few patients -> cannot_tell; else better when the overall gain is > 0, else not_worse. A label is known
when either model was scored on it. So "better" is the design's promotion rule and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ml.contracts import LabelComparison, Verdict
from ml.metrics import Matches, average_precision

Floats = NDArray[np.float64]
Unit = TypeVar("Unit")
Pool = Callable[[Sequence[Unit]], float | None]

OVERALL = "overall"
MARGIN = 0.02
LEAST_PATIENTS = 5
RESAMPLES = 2000


def mean_of(values: Sequence[float]) -> float | None:
    """The mean, None of nothing: how per-patient Dice values are pooled."""
    return math.fsum(values) / len(values) if values else None


def pooled_average_precision(patients: Sequence[Sequence[Matches]]) -> float | None:
    """Average precision over all cases of all patients: how detections are pooled."""
    return average_precision([case for patient in patients for case in patient])


def label_verdict(gain: float, low: float, high: float, n: int, margin: float, least_patients: int) -> Verdict:
    """The rules of this module's docstring for one label."""
    if n < least_patients:
        return "cannot_tell"
    if low > -margin:
        return "better" if gain > 0 else "not_worse"
    return "worse" if high < 0 else "cannot_tell"


def overall_verdict(overall: LabelComparison, labels: Sequence[LabelComparison], margin: float) -> Verdict:
    """The rules of this module's docstring for the whole comparison."""
    parts = [overall, *(label for label in labels if label.candidate_mean is not None or label.active_mean is not None)]
    verdicts = {part.verdict for part in parts}
    if "worse" in verdicts:
        return "worse"
    if "cannot_tell" in verdicts or any(part.low is None or part.low <= -margin for part in parts):
        return "cannot_tell"
    return "better" if overall.gain is not None and overall.gain > 0 else "not_worse"


def patients_needed(gain: float, low: float, high: float, n: int, margin: float, least_patients: int) -> int | None:
    """About how many patients would settle it if gain and spread stayed as they are; None when no number would.

    The half width of an interval shrinks with the square root of n: enough to lift the low bound above -margin, or, for
    a gain below -margin, to bring the high bound below 0. At least one more than there are.
    """
    half_width_of_one = (high - low) / 2 * math.sqrt(n)
    distance = gain + margin if gain > -margin else -gain
    if distance <= 1e-9:
        return None
    return max(least_patients, n + 1, math.ceil((half_width_of_one / distance) ** 2))


def compare(
    label_key: str,
    candidate: Mapping[str, Unit],
    active: Mapping[str, Unit],
    pool: Pool[Unit],
    *,
    margin: float = MARGIN,
    least_patients: int = LEAST_PATIENTS,
    seed: int = 0,
) -> LabelComparison:
    """Compare two models on the patients both were scored on.

    `candidate` and `active` map a patient to whatever `pool` turns into one number for a list of patients: a Dice value
    with `mean_of`, a list of `Matches` with `pooled_average_precision`. Resamples for which the number is undefined are
    left out. Same inputs and seed, same answer.
    """
    patients = sorted(set(candidate) & set(active))
    new, old = [candidate[p] for p in patients], [active[p] for p in patients]
    new_mean, old_mean = pool(new), pool(old)
    n = len(patients)
    if new_mean is None or old_mean is None:
        return LabelComparison(label_key, old_mean, new_mean, None, None, None, n, "cannot_tell", least_patients)
    gain = new_mean - old_mean
    low, high = _interval(new, old, pool, seed)
    verdict = label_verdict(gain, low, high, n, margin, least_patients)
    needed = patients_needed(gain, low, high, n, margin, least_patients) if verdict == "cannot_tell" else None
    return LabelComparison(label_key, old_mean, new_mean, gain, low, high, n, verdict, needed)


def _interval(new: Sequence[Unit], old: Sequence[Unit], pool: Pool[Unit], seed: int) -> tuple[float, float]:
    generator = np.random.default_rng(seed)
    draws = generator.integers(0, len(new), size=(RESAMPLES, len(new)))
    gains: list[float] = []
    for draw in draws:
        a, b = pool([new[i] for i in draw]), pool([old[i] for i in draw])
        if a is not None and b is not None:
            gains.append(a - b)
    if not gains:
        return -1.0, 1.0  # nothing is known: the widest interval a metric in 0..1 can have
    low, high = np.percentile(np.asarray(gains), [2.5, 97.5])
    return float(low), float(high)


def only_candidate(label_key: str, values: Mapping[str, Unit], pool: Pool[Unit], passed: bool) -> LabelComparison:
    """The line of a first model, which has nobody to be compared with: "better" when it passed its floor, else "worse".

    With fewer patients than `LEAST_PATIENTS` it is "cannot_tell".
    """
    n = len(values)
    verdict: Verdict = "cannot_tell" if n < LEAST_PATIENTS else "better" if passed else "worse"
    needed = LEAST_PATIENTS if verdict == "cannot_tell" else None
    return LabelComparison(label_key, None, pool(list(values.values())), None, None, None, n, verdict, needed)
