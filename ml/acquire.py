"""Which case next? Pure functions: scores in, an order with a reason for every place out. No torch, no files.

A share of the places is drawn at random from the whole pool and spread evenly: it gives an estimate of suggestion
quality that does not depend on what the model finds hard, and it keeps easy and unseen kinds of case in the training
set.
The other places go to the model's highest scores ("entropy") or to highest scores disturbed by power noise that keeps
near neighbours from crowding the batch ("power"; arXiv 2601.13677), or to nobody ("random").
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

Reason = Literal["model_unsure", "random_share", "not_scored"]
POWER = 4.0


@dataclass(frozen=True)
class Pick:
    """One place in the queue. `value` is the case's score (0 when it has none); `place` counts from 0 by falling score
    among all scored cases of the pool, so that a page can say "3rd most unsure of 180"."""

    case_id: str
    reason: Reason
    value: float
    place: int | None


def _by_score(scores: Mapping[str, float], _generator: np.random.Generator) -> list[str]:
    return sorted(scores, key=lambda case: (-scores[case], case))


def _by_noisy_score(scores: Mapping[str, float], generator: np.random.Generator) -> list[str]:
    """Falling `POWER * log score + Gumbel noise`: drawing without replacement with chances in proportion to
    score ** POWER.
    """
    cases = sorted(scores)
    noise = generator.gumbel(size=len(cases))
    keys = {case: POWER * math.log(max(scores[case], 1e-12)) + n for case, n in zip(cases, noise, strict=True)}
    return sorted(cases, key=lambda case: (-keys[case], case))


STRATEGIES: dict[str, Callable[[Mapping[str, float], np.random.Generator], list[str]]] = {
    "entropy": _by_score,
    "power": _by_noisy_score,
    "random": lambda _scores, _generator: [],
}


def rank(
    scores: Mapping[str, float | None],
    k: int,
    strategy: str = "entropy",
    rng: np.random.Generator | None = None,
    random_share: float = 0.2,
) -> list[Pick]:
    """The next `k` cases of a pool, in order, each with its reason.

    `scores` is the whole pool: case -> uncertainty, larger is less sure, None when no model has seen the case.
    The result has min(k, pool) different cases of the pool. round(random_share * length) of them are "random_share",
    spread evenly; the others follow the strategy's order, so that with "entropy" and no random share they are the k
    highest scores. Cases without a score come after all scored ones, in random order, as "not_scored". An empty pool
    gives an empty list. Same input and generator state, same answer.

    Raises ValueError for an unknown strategy, a negative `k`, a share outside 0..1, or a score that is not finite.
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"no strategy {strategy!r}; there are {', '.join(sorted(STRATEGIES))}")
    if k < 0 or not 0.0 <= random_share <= 1.0:
        raise ValueError("k is 0 or more, random_share between 0 and 1")
    known = {case: float(score) for case, score in scores.items() if score is not None}
    if not all(math.isfinite(score) for score in known.values()):
        raise ValueError("a score is not finite; predict the case again")
    generator = np.random.default_rng(0) if rng is None else rng
    shuffled = [str(case) for case in generator.permutation(sorted(scores))]
    chosen = STRATEGIES[strategy](known, generator)
    length = min(k, len(scores))
    share = 1.0 if strategy == "random" else random_share
    places = {case: place for place, case in enumerate(_by_score(known, generator))}
    random_places = _spread(length, round(share * length))
    unscored: list[tuple[str, Reason]] = [(case, "not_scored") for case in shuffled if case not in known]
    by_merit: list[tuple[str, Reason]] = [(case, "model_unsure") for case in chosen]
    merit = iter(by_merit + unscored)
    lottery: Iterator[tuple[str, Reason]] = ((case, "random_share") for case in shuffled)
    taken: set[str] = set()
    queue: list[Pick] = []
    for place in range(length):
        source = lottery if place in random_places else merit
        case, reason = next(pick for pick in source if pick[0] not in taken)
        taken.add(case)
        queue.append(Pick(case, reason, known.get(case, 0.0), places.get(case)))
    return queue


def _spread(length: int, count: int) -> set[int]:
    """`count` places spread evenly over `length`, never the first one unless all are taken."""
    return {math.ceil((index + 1) * length / count) - 1 for index in range(count)} if count else set()
