"""Frame bytes as WADO-RS answers them, shared by the thin ASGI path and the Django view."""

from __future__ import annotations

from collections.abc import Sequence

BOUNDARY = "mr-frame"
IMMUTABLE = "private, max-age=31536000, immutable"
CONTENT_TYPE = f'multipart/related; type="application/octet-stream"; boundary={BOUNDARY}'
_CLOSING = f"\r\n--{BOUNDARY}--\r\n".encode()


def part_header(transfer_syntax_uid: str) -> bytes:
    """The head of one part (PS3.18 8.7.3)."""
    return (
        f"\r\n--{BOUNDARY}\r\nContent-Type: application/octet-stream; transfer-syntax={transfer_syntax_uid}\r\n\r\n"
    ).encode()


def multipart(frames: Sequence[bytes], transfer_syntax_uid: str) -> bytes:
    """Frames as one multipart/related body with the constant boundary."""
    head = part_header(transfer_syntax_uid)
    return b"".join(piece for frame in frames for piece in (head, frame)) + _CLOSING
