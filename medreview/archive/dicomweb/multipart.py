"""multipart/related read as it comes (RFC 2387, RFC 2046 5.1): no part is ever whole in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_MAX_LINE = 8192
# RFC 2046 allows 70; Orthanc takes two UUIDs, which are 73.
_MAX_BOUNDARY = 200
_MAX_HEADERS = 32


class MultipartError(Exception):
    """The body is not what its Content-Type says."""


def boundary_of(content_type: str) -> bytes:
    """The boundary of a multipart/related Content-Type. Raises MultipartError."""
    media, *parameters = content_type.split(";")
    if media.strip().lower() != "multipart/related":
        raise MultipartError("The Content-Type must be multipart/related.")
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        text = value.strip().strip('"')
        if (
            name.strip().lower() == "boundary"
            and 0 < len(text) <= _MAX_BOUNDARY
            and text.isascii()
            and text.isprintable()
        ):
            return text.encode()
    raise MultipartError("The Content-Type names no boundary.")


def read_parts(chunks: Iterable[bytes], boundary: bytes) -> Iterator[tuple[dict[str, str], Iterator[bytes]]]:
    """(headers, body) of each part, in order; a body must be read before the next part is asked for, what is left of
    it is skipped. Raises MultipartError."""
    reader = _Reader(iter(chunks))
    delimiter = b"\r\n--" + boundary
    for _ in reader.until(delimiter):
        pass
    while True:
        rest = reader.line()
        if rest.startswith(b"--"):
            return
        if rest.strip():
            raise MultipartError("A boundary line has something after the boundary.")
        headers = reader.headers()
        body = reader.until(delimiter)
        yield headers, body
        for _ in body:
            pass


class _Reader:
    def __init__(self, chunks: Iterator[bytes]) -> None:
        # The first boundary may stand at the very start, without the line break that belongs to later ones.
        self._chunks, self._buffer = chunks, b"\r\n"

    def until(self, delimiter: bytes) -> Iterator[bytes]:
        """What comes before the delimiter, which is taken away. Raises MultipartError when it never comes."""
        while True:
            at = self._buffer.find(delimiter)
            if at >= 0:
                found, self._buffer = self._buffer[:at], self._buffer[at + len(delimiter) :]
                if found:
                    yield found
                return
            safe = len(self._buffer) - len(delimiter) + 1
            if safe > 0:
                found, self._buffer = self._buffer[:safe], self._buffer[safe:]
                yield found
            self._more("The body ends before its last boundary.")

    def line(self) -> bytes:
        while (at := self._buffer.find(b"\r\n")) < 0:
            if self._buffer.startswith(b"--"):
                return self._buffer  # the closing boundary needs no line break
            if len(self._buffer) > _MAX_LINE:
                raise MultipartError("A line of a part's head is too long.")
            self._more("The body ends inside a part's head.")
        found, self._buffer = self._buffer[:at], self._buffer[at + 2 :]
        return found

    def headers(self) -> dict[str, str]:
        """Up to the empty line, names in lower case."""
        found: dict[str, str] = {}
        while line := self.line():
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or len(found) >= _MAX_HEADERS:
                raise MultipartError("The head of a part cannot be read.")
            found[name.strip().lower()] = value.strip()
        return found

    def _more(self, complaint: str) -> None:
        chunk = next(self._chunks, b"")
        if not chunk:
            raise MultipartError(complaint)
        self._buffer += chunk
