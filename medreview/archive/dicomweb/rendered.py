"""Rendered images and thumbnails of WADO-RS (PS3.18 10.4.1.1.3 and 4): pixels through a window, as JPEG or PNG."""

from __future__ import annotations

import io
import math

from django.http import FileResponse, HttpResponse, HttpResponseBase
from drf_spectacular.utils import extend_schema
from PIL import Image
from rest_framework.request import Request

from medreview.archive import pixels, selectors, windows
from medreview.archive.dicomweb import accept
from medreview.archive.dicomweb.base import DicomWebView, NotAcceptable
from medreview.archive.dicomweb.retrieve import frame_numbers
from medreview.archive.models import Grid, Instance, Series
from medreview.core.blobs import path_of
from medreview.core.errors import Invalid, NotFound

_MAX_SIDE = 4096
_SHORT_CACHE = "private, max-age=3600"
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}


class _PictureView(DicomWebView):
    """What rendering views share: the request's window, size and quality."""

    side = 0

    def picture(self, row: Instance, frame: int) -> HttpResponse:
        media = accept.image_type(self.accepts)
        if media is None:
            raise NotAcceptable("Images are rendered as image/jpeg or image/png.")
        window, size, quality = self._window(), self._viewport(), self._quality()
        plane = pixels.modality_values(row, frame, mirrored=False)
        presets = [window] if window else windows.presets(row.header, [plane], hu=windows.is_hu(row.header))
        is_inverted = row.header.get("00280004", {}).get("Value") == ["MONOCHROME1"]
        image = windows.picture(plane, presets[0] if presets else None, is_inverted=is_inverted)
        out = io.BytesIO()
        _fitted(image, size).save(out, format=_FORMATS[media], quality=quality)
        response = HttpResponse(out.getvalue(), content_type=media)
        response["Cache-Control"] = _SHORT_CACHE
        response["Vary"] = "Accept, Cookie, Authorization"
        return response

    def _window(self) -> windows.Preset | None:
        """`window=center,width[,function]` (PS3.18 8.3.5.1.3); only the linear function is applied."""
        raw = self.request.query_params.get("window")
        if raw is None:
            return None
        parts = raw.split(",")
        try:
            center, width = (float(part) for part in parts[:2])
        except ValueError as error:
            raise Invalid("window is center,width or center,width,linear.") from error
        if len(parts) > 3 or not (math.isfinite(center) and 0 < width < 1e9 and abs(center) < 1e9):
            raise Invalid("window is center,width or center,width,linear, with a width above 0.")
        if len(parts) == 3 and parts[2].lower() not in ("linear", "linear-exact"):
            raise Invalid("Only the linear window function is applied here.")
        return {"key": "asked", "name": "Asked", "center": center, "width": width}

    def _viewport(self) -> tuple[int, int] | None:
        """`viewport=width,height`: the image is scaled to fit, its proportions kept (PS3.18 8.3.5.1.4)."""
        raw = self.request.query_params.get("viewport", f"{self.side},{self.side}" if self.side else None)
        if raw is None:
            return None
        parts = raw.split(",")
        if len(parts) != 2 or not all(p.isascii() and p.isdecimal() and 0 < int(p[:6]) <= _MAX_SIDE for p in parts):
            raise Invalid(f"viewport is width,height, each from 1 to {_MAX_SIDE}; parts of an image are not cut out.")
        return int(parts[0]), int(parts[1])

    def _quality(self) -> int:
        raw = self.request.query_params.get("quality", "90")
        if not (raw.isascii() and raw.isdecimal() and 1 <= int(raw[:4]) <= 100):
            raise Invalid("quality is a number from 1 to 100.")
        return int(raw)

    def grid_picture(self, series: Series) -> HttpResponse:
        """The middle slice of the stack that stands for the series."""
        grid = _grid_of(series, "")
        middle = grid.slices[len(grid.slices) // 2]
        row = Instance.objects.filter(series=series, sop_instance_uid=middle["sop_instance_uid"]).first()
        if row is None:
            raise NotFound("This series has no picture.")
        return self.picture(row, middle["frame"])


@extend_schema(exclude=True)
class RenderedInstance(_PictureView):
    def get(
        self, request: Request, slug: str, study_uid: str, series_uid: str, instance_uid: str, frames: str = "1"
    ) -> HttpResponseBase:
        row, _ = selectors.access_instance(
            viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid, instance_uid=instance_uid
        )
        numbers = frame_numbers(frames)
        if len(numbers) != 1:
            raise Invalid("One frame is rendered at a time.")
        pixels.check_frame_number(row, numbers[0])
        return self.picture(row, numbers[0])


@extend_schema(exclude=True)
class InstanceThumbnail(RenderedInstance):
    side = windows.THUMBNAIL_SIDE


@extend_schema(exclude=True)
class RenderedSeries(_PictureView):
    def get(self, request: Request, slug: str, study_uid: str, series_uid: str) -> HttpResponseBase:
        found = selectors.access_series(viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid)
        return self.grid_picture(found.series)


@extend_schema(exclude=True)
class SeriesThumbnail(_PictureView):
    side = windows.THUMBNAIL_SIDE

    def get(self, request: Request, slug: str, study_uid: str, series_uid: str) -> HttpResponseBase:
        """The middle slice of the series' first stack, or of `?grid=<id>`: kept since the import, as PNG."""
        found = selectors.access_series(viewer=self.user, slug=slug, study_uid=study_uid, series_uid=series_uid)
        if accept.image_type(self.accepts) is None:
            raise NotAcceptable("Thumbnails are image/png or image/jpeg.")
        wants_own = {"window", "viewport", "quality"} & request.query_params.keys()
        if wants_own or accept.ranges(self.accepts)[0].media == "image/jpeg":
            return self.grid_picture(found.series)
        return _kept(_grid_of(found.series, request.query_params.get("grid", "")))


@extend_schema(exclude=True)
class StudyThumbnail(DicomWebView):
    def get(self, request: Request, slug: str, study_uid: str) -> HttpResponseBase:
        study, _ = selectors.access_study(viewer=self.user, slug=slug, study_uid=study_uid)
        series = Series.objects.filter(study=study, grid__isnull=False).order_by("id").first()
        if series is None:
            raise NotFound("This study has no picture.")
        return _kept(_grid_of(series, ""))


def _grid_of(series: Series, grid_id: str) -> Grid:
    grid = selectors.grid_of_series(series, grid_id)
    if grid is None or grid.thumbnail_id is None:
        raise NotFound("This series has no picture.")
    return grid


def _kept(grid: Grid) -> HttpResponseBase:
    response = FileResponse(path_of(str(grid.thumbnail_id)).open("rb"), content_type="image/png")
    response["Cache-Control"] = _SHORT_CACHE
    return response


def _fitted(image: Image.Image, size: tuple[int, int] | None) -> Image.Image:
    if size is None:
        return image
    scale = min(size[0] / image.width, size[1] / image.height)
    target = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(target, Image.Resampling.BILINEAR)
