"""Stored files as Explicit VR Little Endian ones, made by the parsing child on their way out and kept nowhere."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from django.conf import settings

from medreview.archive import pixels
from medreview.archive.models import Instance
from medreview.archive.parsing.pool import ParseServer
from medreview.archive.parsing.transcode import TranscodeRequest
from medreview.core import disk
from medreview.core.blobs import path_of
from medreview.core.errors import NotFound, Unprocessable

BATCH_FILES = 16
_BATCH_BYTES = 256 * 1024 * 1024
_SCRATCH = "ingest-transcode-"


class Transcoder:
    """A scratch folder and a child, both only once something has to be rewritten. Use as a context manager."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._server: ParseServer | None = None

    def __enter__(self) -> Transcoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def write(self, rows: Sequence[Instance]) -> dict[int, Path]:
        """The rewritten file of each row, by its pk; the caller deletes it. Raises Unprocessable for the first that
        cannot be rewritten, NotFound when its bytes are gone, StorageFull when there is no room."""
        if not rows:
            return {}
        disk.require_space(sum(map(decoded_bytes_of, rows)))
        server = self._started()
        answers = server.transcode([_request(number, row) for number, row in enumerate(rows)])
        for row, answer in zip(rows, answers, strict=True):
            if "file" not in answer:
                raise Unprocessable(
                    f"Instance {row.sop_instance_uid} cannot be rewritten as Explicit VR Little Endian: "
                    f"{answer['reason']} Ask for transfer-syntax=*."
                )
        return {row.pk: server.folder / answer["file"] for row, answer in zip(rows, answers, strict=True)}

    def _started(self) -> ParseServer:
        if self._server is None:
            root = Path(settings.STAGING_DIR)
            root.mkdir(parents=True, exist_ok=True)
            folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=root))
            self._server = self._stack.enter_context(ParseServer(Path(folder)))
        return self._server


def _request(number: int, row: Instance) -> TranscodeRequest:
    stored, frames = path_of(row.stored_id), path_of(str(row.frames_blob_id))
    if not (stored.exists() and frames.exists()):
        raise NotFound(f"The bytes of instance {row.sop_instance_uid} are not in the store; run `medreview fsck`.")
    return TranscodeRequest(number, str(stored), str(frames), row.frames, row.frame_transfer_syntax_uid)


def decoded_bytes_of(row: Instance) -> int:
    """Bytes of all frames of an instance once they are decoded."""
    return pixels.spec_of(row.header, row.frame_transfer_syntax_uid).frame_length * len(row.frames)


def batches(rows: Iterable[Instance]) -> Iterator[list[Instance]]:
    """Rows in order, as many at a time as may lie decoded on the disk together."""
    batch: list[Instance] = []
    size = 0
    for row in rows:
        own = decoded_bytes_of(row)
        if batch and (len(batch) == BATCH_FILES or size + own > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += own
    if batch:
        yield batch
