"""Errors of the learning library. Each text says what is wrong, with which object, and what to do.

`retryable` tells a runner whether the same call may succeed later (a full disk) or never (a broken data set).
"""

from __future__ import annotations


class MlError(Exception):
    """Base of every error this library raises on purpose."""

    retryable = False


class DatasetError(MlError):
    """A data set's files do not fit its `dataset.json`, or hold nothing that can be learned."""


class NonFiniteLossError(MlError):
    """The training loss became NaN or infinite; the run stopped and registered nothing."""


class NonFiniteWeightsError(MlError):
    """Weights hold NaN or infinite numbers and may neither be saved nor served."""


class WeightsHashError(MlError):
    """A weights file is absent, unreadable, or its bytes are not the ones that were recorded."""


class TrainingStoppedError(MlError):
    """The caller asked the run to stop; its newest state was saved and can be resumed."""

    retryable = True
