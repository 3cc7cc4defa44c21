"""Room on the disk: a minimum below which nothing large is taken in, and a reserve that keeps saves going when it is
really full.

Three levels of free bytes. Above `minimum_free_bytes` all is well. Below it uploads, imports and every other blob are
refused (`StorageFull`, 507), while rows are still written. Below `RELEASE_BELOW_BYTES` the reserve file is given up, so
that drafts, submits and reviews have room until someone makes more; it is laid down again once there is enough.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from medreview.core.errors import StorageFull

RELEASE_BELOW_BYTES = 16 * 1024 * 1024
_MIB = 1024 * 1024
_FLOOR_BYTES = 2 * 1024 * _MIB
_CEILING_BYTES = 20 * 1024 * _MIB
log = logging.getLogger(__name__)


def free_bytes() -> int:
    """Bytes that this user may still write where the data are."""
    return _usage().free


def total_bytes() -> int:
    return _usage().total


def minimum_free_bytes() -> int:
    """`MEDREVIEW_MIN_FREE_MB` where set, else 2 % of the disk, but at least 2 GiB and at most 20 GiB."""
    if settings.MIN_FREE_MB is not None:
        return int(settings.MIN_FREE_MB) * _MIB
    return max(_FLOOR_BYTES, min(_CEILING_BYTES, total_bytes() // 50))


def require_space(incoming_bytes: int = 0) -> None:
    """Raises StorageFull unless `incoming_bytes` fit and the minimum stays free afterwards."""
    free, minimum = free_bytes(), minimum_free_bytes()
    if free - incoming_bytes < minimum:
        raise StorageFull(
            f"The server's disk has {free // _MIB} MB left and keeps {minimum // _MIB} MB free, so "
            f"{_what(incoming_bytes)} not taken in. What you mark and submit is still saved. Tell the operator, and "
            "send it again when there is room.",
            free_bytes=free,
            minimum_free_bytes=minimum,
        )


@contextmanager
def full_is_told() -> Iterator[None]:
    """Turn the system's "no space left" into StorageFull: the disk may fill up while bytes arrive."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StorageFull(
            "The server's disk became full while the bytes arrived; they were not kept. Tell the operator, and "
            "send them again when there is room.",
            free_bytes=free_bytes(),
            minimum_free_bytes=minimum_free_bytes(),
        ) from error


def _what(incoming_bytes: int) -> str:
    return f"these {max(1, incoming_bytes // _MIB)} MB were" if incoming_bytes else "new files are"


def reserve_path() -> Path:
    return Path(settings.DATA_DIR) / "reserve"


def release_reserve_if_full() -> bool:
    """Give the reserve up when the disk is really full; True when it was. Cheap: called before every write request."""
    path = reserve_path()
    if free_bytes() >= RELEASE_BELOW_BYTES or not path.exists():
        return False
    with suppress(FileNotFoundError):
        path.unlink()
    log.error("the disk is full: the reserve of %s MB is given up so that saves go on; make room", settings.RESERVE_MB)
    return True


def keep_reserve() -> bool:
    """Lay the reserve down where it is missing and there is room for it above the minimum; True when it is there.

    Its blocks are really taken (a sparse file would reserve nothing).
    """
    path, size = reserve_path(), int(settings.RESERVE_MB) * _MIB
    if size == 0:
        return False
    if path.exists() and path.stat().st_size == size:
        return True
    if free_bytes() - size < minimum_free_bytes():
        return False
    partial = path.with_suffix(f".{os.getpid()}")
    try:
        with partial.open("wb") as stream:
            for _ in range(int(settings.RESERVE_MB)):
                stream.write(bytes(_MIB))
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        log.warning("the reserve could not be laid down: %s", error.strerror)
        return False
    return True


def _usage() -> shutil._ntuple_diskusage:
    """Of the nearest folder that exists: the data directory may not have been made yet."""
    folder = Path(settings.DATA_DIR)
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder)
