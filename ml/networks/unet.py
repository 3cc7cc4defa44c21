"""MONAI's U-Net for a plan: one output channel per label, to be read through a sigmoid, because labels may overlap."""

from __future__ import annotations

from monai.networks.nets.unet import UNet
from torch import nn

from ml.plan import Plan


def build_unet2d(plan: Plan) -> nn.Module:
    """`(B, in_channels, Y, X)` -> logits `(B, labels, Y, X)`. Y and X divide by 2 ** (levels - 1)."""
    return _unet(plan, 2)


def build_unet3d(plan: Plan) -> nn.Module:
    """`(B, in_channels, Z, Y, X)` -> logits `(B, labels, Z, Y, X)`. Each side divides by 2 ** (levels - 1)."""
    return _unet(plan, 3)


def _unet(plan: Plan, dims: int) -> nn.Module:
    # Instance norm: batches are two to four patches, too few for batch statistics, and nothing is left to go stale.
    network: nn.Module = UNet(
        spatial_dims=dims,
        in_channels=plan.in_channels,
        out_channels=len(plan.label_keys),
        channels=plan.channels,
        strides=(2,) * (len(plan.channels) - 1),
        num_res_units=plan.residual_units,
        norm=("instance", {"affine": True}),
        act="PRELU",
    )
    return network
