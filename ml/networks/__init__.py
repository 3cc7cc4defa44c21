"""The networks by name. A plan names one; a new one is a builder and a line here."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from ml.networks.detector import build_fasterrcnn, build_fasterrcnn_resnet50
from ml.networks.unet import build_unet2d, build_unet3d
from ml.plan import Plan

NETWORKS: dict[str, Callable[[Plan], nn.Module]] = {
    "unet2d": build_unet2d,
    "unet3d": build_unet3d,
    "fasterrcnn": build_fasterrcnn,
    "fasterrcnn_resnet50": build_fasterrcnn_resnet50,
}


def build(plan: Plan) -> nn.Module:
    """The plan's network with fresh weights. Raises ValueError for a name that is not in the table or does not fit."""
    if plan.network not in NETWORKS:
        raise ValueError(f"no network {plan.network!r}; there are {', '.join(sorted(NETWORKS))}")
    if plan.network.startswith("unet") != (plan.task == "segmentation"):
        raise ValueError(f"network {plan.network} cannot do {plan.task}")
    return NETWORKS[plan.network](plan)
