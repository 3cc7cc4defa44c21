"""Small random changes to a training batch: turn, scale, bend, mirror, light. Labels move with the image.

Random numbers come from a numpy generator, whose state is saved with a checkpoint, so that a resumed run repeats
itself.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from ml.plan import Plan

TURN_DEGREES = 15.0
SCALE = 0.15
BEND = 0.06
BEND_POINTS = 4


def mirror_dims(plan: Plan) -> list[int]:
    """The patch's spatial axes (0 = first spatial axis of `(B, C, ...)`) that may be mirrored."""
    order = (
        [0, 1, 2]
        if plan.dims == 3 or not plan.spacing_mm
        else [plan.slice_axis, *(axis for axis in range(3) if axis != plan.slice_axis)]
    )
    first = 0 if plan.dims == 3 else 1
    return [k - first for k in range(first, 3) if "zyx"[order[k]] in plan.mirror_axes]


def augment(image: Tensor, target: Tensor, plan: Plan, generator: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Image `(B, C, ...)` and target `(B, L, ...)` float, changed together; target stays in 0..1, thresholded
    at 0.5.
    """
    for dim in mirror_dims(plan):
        if generator.random() < 0.5:
            image, target = image.flip(2 + dim), target.flip(2 + dim)
    if generator.random() < 0.8:
        grid = _grid(image, generator)
        image = F.grid_sample(image, grid, padding_mode="border", align_corners=False)
        target = (F.grid_sample(target, grid, padding_mode="border", align_corners=False) >= 0.5).to(image.dtype)
    return light(image, generator), target


def _grid(image: Tensor, generator: np.random.Generator) -> Tensor:
    """Sampling grid `(B, ..., dims)`: rotation, scale and a smooth bend, a different one for each member of the
    batch.
    """
    batch, size = image.shape[0], image.shape[2:]
    dims = len(size)
    rows = []
    for _ in range(batch):
        turn = np.eye(dims)
        for a, b in ((0, 1), (0, 2), (1, 2))[: 1 if dims == 2 else 3]:
            angle = math.radians(generator.uniform(-TURN_DEGREES, TURN_DEGREES))
            plane = np.eye(dims)
            plane[a, a] = plane[b, b] = math.cos(angle)
            plane[a, b], plane[b, a] = -math.sin(angle), math.sin(angle)
            turn = turn @ plane
        # grid_sample counts in half image sides, so a rotation between sides of different length needs their ratio
        sides = np.array(size[::-1], dtype=float)
        turn = turn * (sides[None, :] / sides[:, None]) * generator.uniform(1 - SCALE, 1 + SCALE)
        rows.append(np.concatenate([turn, generator.uniform(-0.05, 0.05, (dims, 1))], axis=1))
    theta = torch.from_numpy(np.stack(rows)).to(image)
    grid = F.affine_grid(theta, [batch, 1, *size], align_corners=False)
    bend = torch.from_numpy(generator.normal(0, BEND, (batch, dims, *(BEND_POINTS,) * dims))).to(image)
    mode = "bilinear" if dims == 2 else "trilinear"
    bend = F.interpolate(bend, size=size, mode=mode, align_corners=True)
    return grid + bend.movedim(1, -1)


def light(image: Tensor, generator: np.random.Generator) -> Tensor:
    """Contrast, brightness, gamma-like bend and noise of normalised values `(B, C, ...)`, a draw for each member."""
    shape = (image.shape[0], *(1,) * (image.ndim - 1))

    def draw(low: float, high: float) -> Tensor:
        return torch.from_numpy(generator.uniform(low, high, shape)).to(image)

    image = image * draw(0.8, 1.25) + draw(-0.2, 0.2)
    image = image + draw(-0.1, 0.1) * image.square().clamp(max=9)
    if generator.random() < 0.3:
        noise = torch.from_numpy(generator.normal(0, 0.1, image.shape).astype(np.float32)).to(image)
        image = image + noise
    return image
