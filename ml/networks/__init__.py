"""The networks by name. A plan names one; a new one is a builder and a line here.

Builders import their library when they are called: MONAI and torchvision's detection cost seconds each to load, and a
run needs one of them.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from ml.errors import DatasetError
from ml.plan import Plan


def _unet2d(plan: Plan) -> nn.Module:
    from ml.networks.unet import build_unet2d

    return build_unet2d(plan)


def _unet3d(plan: Plan) -> nn.Module:
    from ml.networks.unet import build_unet3d

    return build_unet3d(plan)


def _fasterrcnn(plan: Plan) -> nn.Module:
    from ml.networks.detector import build_fasterrcnn

    return build_fasterrcnn(plan)


def _fasterrcnn_resnet50(plan: Plan) -> nn.Module:
    from ml.networks.detector import build_fasterrcnn_resnet50

    return build_fasterrcnn_resnet50(plan)


NETWORKS: dict[str, Callable[[Plan], nn.Module]] = {
    "unet2d": _unet2d,
    "unet3d": _unet3d,
    "fasterrcnn": _fasterrcnn,
    "fasterrcnn_resnet50": _fasterrcnn_resnet50,
}


def build(plan: Plan) -> nn.Module:
    """The plan's network with fresh weights. Raises DatasetError for a name that is not in the table or does
    not fit.
    """
    if plan.network not in NETWORKS:
        raise DatasetError(f"no network {plan.network!r}; there are {', '.join(sorted(NETWORKS))}")
    if plan.network.startswith("unet") != (plan.task == "segmentation"):
        raise DatasetError(f"network {plan.network} cannot do {plan.task}; choose another or leave it to the plan")
    return NETWORKS[plan.network](plan)
