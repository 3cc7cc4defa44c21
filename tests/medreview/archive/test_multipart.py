"""The multipart reader gives the same parts however the body is cut on its way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreview.archive.dicomweb.accept import frame_format, image_type
from medreview.archive.dicomweb.multipart import MultipartError, boundary_of, read_parts

BODIES = st.lists(st.binary(max_size=60).filter(lambda b: b"\r\n--cut" not in b), min_size=1, max_size=5)


@settings(max_examples=300, deadline=None)
@given(BODIES, st.integers(1, 70), st.binary(max_size=9))
def test_parts_survive_any_cutting(bodies: list[bytes], step: int, preamble: bytes) -> None:
    head = b"\r\n--cut\r\nContent-Type: application/dicom\r\n\r\n"
    whole = preamble.replace(b"-", b"") + b"".join(head + body for body in bodies) + b"\r\n--cut--"
    chunks = [whole[at : at + step] for at in range(0, len(whole), step)]
    found = [(headers["content-type"], b"".join(body)) for headers, body in read_parts(chunks, b"cut")]
    assert found == [("application/dicom", body) for body in bodies]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(1, 50))
def test_noise_ends_in_parts_or_in_the_one_error(noise: bytes, step: int) -> None:
    chunks = [noise[at : at + step] for at in range(0, len(noise), step)]
    try:
        for _, body in read_parts(chunks, b"c"):
            b"".join(body)
    except MultipartError:
        pass


@pytest.mark.parametrize("text", ["multipart/related", "multipart/related; boundary=", "text/plain; boundary=x", ""])
def test_a_type_without_a_boundary_is_refused(text: str) -> None:
    with pytest.raises(MultipartError):
        boundary_of(text)


STORED, LITTLE = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.1"


@pytest.mark.parametrize(
    ("accept", "syntax"),
    [
        ("", STORED),
        ("*/*", STORED),
        ('multipart/related; type="application/octet-stream"; transfer-syntax=*', STORED),
        ("multipart/related; type=application/octet-stream; transfer-syntax=*", STORED),
        ('multipart/related; type="application/octet-stream"', LITTLE),
        ("application/octet-stream", LITTLE),
        ('multipart/related; type="image/jls"', STORED),
        (f'multipart/related; type="image/jls"; q=0.1, multipart/related; type="application/octet-stream"; '
         f"transfer-syntax={LITTLE}", LITTLE),
        ('multipart/related; type="image/jp2"', None),
        ("text/html", None),
        ('"', STORED),  # unreadable is as good as absent
    ],
)  # fmt: skip
def test_frames_are_negotiated(accept: str, syntax: str | None) -> None:
    chosen = frame_format(accept, STORED)
    assert (chosen.syntax if chosen else None) == syntax


@given(st.text(max_size=80))
def test_any_accept_header_can_be_read(text: str) -> None:
    frame_format(text, STORED)
    image_type(text)
