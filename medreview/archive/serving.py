"""Frame bytes as WADO-RS answers them, shared by the thin ASGI path and the Django views."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

# Of this process alone: a stored file cannot hold it and pretend to be several parts.
BOUNDARY = f"mr-{secrets.token_hex(12)}"
OCTETS = "application/octet-stream"
IMMUTABLE = "private, max-age=31536000, immutable"
_CLOSING = f"\r\n--{BOUNDARY}--\r\n".encode()


def content_type(media: str = OCTETS) -> str:
    """Of a multipart/related answer whose parts are `media`."""
    return f'multipart/related; type="{media}"; boundary={BOUNDARY}'


def part_header(transfer_syntax_uid: str, media: str = OCTETS) -> bytes:
    """The head of one part (PS3.18 8.7.3)."""
    return f"\r\n--{BOUNDARY}\r\nContent-Type: {media}; transfer-syntax={transfer_syntax_uid}\r\n\r\n".encode()


def multipart(frames: Sequence[bytes], transfer_syntax_uid: str) -> bytes:
    """Frames as one multipart/related body with the constant boundary."""
    head = part_header(transfer_syntax_uid)
    return b"".join(piece for frame in frames for piece in (head, frame)) + _CLOSING
