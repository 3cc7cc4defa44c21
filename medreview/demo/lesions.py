"""Artificial lesions: bright, smooth, slightly irregular blobs placed in the white matter of one head.

Positions and radii are millimetres in the head's own LPS space, so that a second study finds the same lesion again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medreview.demo.deform import Deformation, sample, template_index
from medreview.demo.template import Template

MIN_RADIUS_MM, MAX_RADIUS_MM = 4.0, 12.0
_GAP_MM = 6.0  # between the surfaces of two lesions, also after the larger growth, so that each stays one component
_MAX_GROWTH = 1.4
_CANDIDATES = 6000


@dataclass(frozen=True)
class Lesion:
    """A blob: centre (LPS mm, head space), mean radius (mm), brightness over its surroundings, and its irregularity.

    `waves` is (3, 3) directions per millimetre and (3,) phases of the ripples that make the outline uneven.
    """

    centre_lps: NDArray[np.float64]
    radius_mm: float
    contrast: float
    waves: NDArray[np.float64]
    phases: NDArray[np.float64]


def draw_lesions(
    rng: np.random.Generator, count: int, deformation: Deformation, template: Template
) -> tuple[Lesion, ...]:
    """Up to `count` lesions in white matter, apart from each other and inside the brain.

    Fewer come back only where none of 6000 random places fits, which has not been seen for up to 4.
    """
    places = rng.uniform([-75.0, -90.0, -50.0], [75.0, 115.0, 90.0], size=(_CANDIDATES, 3))
    index = template_index(places.T.copy(), deformation, template)
    white = sample(template.white_matter, index)
    depth_mm = sample(template.depth_mm, index)
    order = np.flatnonzero(white > 0.85)
    lesions: list[Lesion] = []
    for candidate in order:
        if len(lesions) == count:
            break
        largest = min(MAX_RADIUS_MM, float(depth_mm[candidate]) - 4.0)
        if largest < MIN_RADIUS_MM:
            continue
        # Small lesions are more frequent, as in life.
        radius = MIN_RADIUS_MM + (largest - MIN_RADIUS_MM) * float(rng.beta(1.3, 2.0))
        if all(_is_apart(places[candidate], radius, other) for other in lesions):
            lesions.append(
                Lesion(
                    centre_lps=places[candidate],
                    radius_mm=radius,
                    contrast=float(rng.uniform(0.28, 0.50)),
                    waves=rng.normal(0.0, 1.6 / radius, size=(3, 3)),
                    phases=rng.uniform(0.0, 2 * np.pi, size=3),
                )
            )
    return tuple(lesions)


def _is_apart(centre: NDArray[np.float64], radius_mm: float, other: Lesion) -> bool:
    distance = float(np.linalg.norm(centre - other.centre_lps))
    return distance > _MAX_GROWTH * (radius_mm + other.radius_mm) + _GAP_MM


def grow_lesions(rng: np.random.Generator, lesions: tuple[Lesion, ...]) -> tuple[Lesion, ...]:
    """The same lesions at a later date: each grown or shrunk by 15 to 40 percent of its radius, at least 3 mm left."""
    factors = np.where(rng.random(len(lesions)) < 0.5, rng.uniform(1.15, _MAX_GROWTH, len(lesions)), 1.0)
    factors = np.where(factors == 1.0, rng.uniform(0.62, 0.85, len(lesions)), factors)
    return tuple(
        replace(lesion, radius_mm=max(3.0, lesion.radius_mm * float(factor)))
        for lesion, factor in zip(lesions, factors, strict=True)
    )


def signed_distance_mm(lesion: Lesion, points_lps: NDArray[np.float64]) -> NDArray[np.float64]:
    """About the distance to the lesion's surface at points (3, N) in head space; negative inside."""
    offset = points_lps - lesion.centre_lps[:, None]
    ripple = np.cos(lesion.waves @ offset + lesion.phases[:, None]).sum(axis=0) / 3.0
    distance: NDArray[np.float64] = np.linalg.norm(offset, axis=0) - lesion.radius_mm * (1.0 + 0.22 * ripple)
    return distance
