"""Which device a spec means."""

from __future__ import annotations

import torch


def choose_device(name: str) -> torch.device:
    """The device of a spec: "auto" is the GPU where there is one."""
    return torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)
