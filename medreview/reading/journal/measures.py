"""Measures that readers draw: what each tool's points mean, what is refused, and the numbers that follow from them.

Points are LPS mm (px where the grid's spacing is unknown: its affine then counts pixels). The front end has the same
rules in `frontend/src/domain/measures.ts`; both answer to `tests/contract/journal`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from medreview.reading.journal.types import GridFacts, OperationError

Point = Sequence[float]

# Points that a tool stores. ellipse: centre, end of one half axis, end of the other. bidirectional: both ends of the
# long axis, both of the short one. angle: end, corner, end. cobb: one line, the other line. arrow: tip, tail.
POINTS = {"ellipse": 3, "probe": 1, "bidirectional": 4, "angle": 3, "cobb": 4, "arrow": 2}
TOOLS = tuple(POINTS)
# These are defined on one slice of the acquisition plane; the others may lie in any plane.
IN_SLICE = ("ellipse", "bidirectional")
WITH_VALUES = ("ellipse", "probe")
VALUE_FIELDS = ("count", "mean", "sd", "min", "max", "unit")
HU = "HU"

_MAX_COORDINATE_MM = 100_000.0
_MAX_COSINE = 0.05  # points are stored to 0.001 mm, so the axes of a tiny lesion are only nearly perpendicular
_MAX_OFF_SLICE = 0.05  # slices
_MAX_UNIT_LENGTH = 16
_MAX_VALUE = 1e15
_DIGITS = 1e6


def check_measure(payload: Mapping[str, Any], grid: GridFacts) -> None:
    """Raises OperationError, naming the field, unless tool, slice, points and values fit each other and the grid."""
    tool = payload.get("tool")
    if not isinstance(tool, str) or tool not in POINTS:
        raise OperationError(f"tool is one of {', '.join(TOOLS)}", field="tool")
    points = payload.get("points_lps")
    if not isinstance(points, list) or len(points) != POINTS[tool] or not all(is_point(point) for point in points):
        text = f"{tool} has {POINTS[tool]} points of three finite numbers in mm"
        raise OperationError(text, field="points_lps")
    _check_shape(tool, points)
    _check_slice(tool, payload.get("k"), points, grid)
    _check_values(tool, payload.get("values"), grid)


def is_point(point: Any) -> bool:
    if not isinstance(point, list) or len(point) != 3:
        return False
    return all(type(v) in (int, float) and math.isfinite(v) and abs(v) <= _MAX_COORDINATE_MM for v in point)


def _check_shape(tool: str, points: Sequence[Point]) -> None:
    """No number may come out of a shape that has none: an angle of a leg without length, axes that are not axes."""
    if any(_length(line) == 0 for line in _lines(tool, points)):
        raise OperationError(f"the {tool} has a line without length", field="points_lps")
    if tool not in IN_SLICE:
        return
    first, second = _lines(tool, points)
    if abs(_dot(first, second)) > _MAX_COSINE * _length(first) * _length(second):
        raise OperationError(f"the two axes of the {tool} are not perpendicular", field="points_lps")


def _check_slice(tool: str, k: Any, points: Sequence[Point], grid: GridFacts) -> None:
    if type(k) is not int or not 0 <= k < grid.shape_zyx[0]:
        raise OperationError(f"k is a slice of the grid, 0 to {grid.shape_zyx[0] - 1}", field="k")
    if grid.affine_lps is None:
        return
    away = [abs(_slice_of(point, grid.affine_lps) - k) for point in (points if tool in IN_SLICE else points[:1])]
    if max(away) > (_MAX_OFF_SLICE if tool in IN_SLICE else 0.5 + _MAX_OFF_SLICE):
        raise OperationError(f"the points do not lie on slice {k}", field="k")


def _slice_of(point: Point, affine: Sequence[Sequence[float]]) -> float:
    columns = [[float(affine[row][axis]) for row in range(3)] for axis in range(4)]
    across = _cross(columns[0], columns[1])
    away = [p - o for p, o in zip(point, columns[3], strict=True)]
    return _dot(away, across) / _dot(columns[2], across)


def _check_values(tool: str, values: Any, grid: GridFacts) -> None:
    """Values are read from the voxels by the page that shows them; None where it could not read them."""
    if values is None:
        return
    if tool not in WITH_VALUES:
        raise OperationError(f"{tool} has no values", field="values")
    if not isinstance(values, dict) or set(values) != set(VALUE_FIELDS):
        raise OperationError(f"values are {', '.join(VALUE_FIELDS)}, or null", field="values")
    count, unit = values["count"], values["unit"]
    most = 1 if tool == "probe" else grid.slice_voxels
    if type(count) is not int or not 1 <= count <= most:
        raise OperationError(f"count is the number of voxels, 1 to {most}", field="values.count")
    for name in ("mean", "sd", "min", "max"):
        if type(values[name]) not in (int, float) or not math.isfinite(values[name]) or abs(values[name]) > _MAX_VALUE:
            raise OperationError(f"{name} is a finite number", field=f"values.{name}")
    slack = 1e-6 * max(1.0, abs(values["min"]), abs(values["max"]))
    if values["sd"] < 0 or not values["min"] - slack <= values["mean"] <= values["max"] + slack:
        raise OperationError("mean lies between min and max, and sd is not negative", field="values.mean")
    if not isinstance(unit, str) or not 1 <= len(unit) <= _MAX_UNIT_LENGTH or not unit.isprintable():
        raise OperationError(f"unit is a text of 1 to {_MAX_UNIT_LENGTH} characters", field="values.unit")
    if (unit == HU) != grid.rescale_is_hu:
        says = "are HU" if grid.rescale_is_hu else "are not HU"
        raise OperationError(f"the values of this stack {says}", field="values.unit")


def numbers(tool: str, points: Sequence[Point], *, spacing_known: bool) -> dict[str, Any]:
    """What follows from the points: `unit` mm or px for lengths, its square for the area; None where it has none."""
    lines = _lines(tool, points)
    found: dict[str, Any] = {
        "unit": "mm" if spacing_known else "px", "area": None, "long_axis": None, "short_axis": None, "angle_deg": None,
    }  # fmt: skip
    if tool == "ellipse":
        found["area"] = _rounded(math.pi * _length(_cross(*lines)))
        found["long_axis"], found["short_axis"] = _axes(2 * _length(lines[0]), 2 * _length(lines[1]))
    elif tool == "bidirectional":
        found["long_axis"], found["short_axis"] = _axes(_length(lines[0]), _length(lines[1]))
    elif tool in ("angle", "cobb"):
        found["angle_deg"] = _rounded(_angle(*lines, acute=tool == "cobb"))
    return found


def _lines(tool: str, points: Sequence[Point]) -> list[list[float]]:
    ends = {
        "ellipse": ((0, 1), (0, 2)), "bidirectional": ((0, 1), (2, 3)), "angle": ((1, 0), (1, 2)),
        "cobb": ((0, 1), (2, 3)), "arrow": ((0, 1),),
    }.get(tool, ())  # fmt: skip
    return [[points[b][axis] - points[a][axis] for axis in range(3)] for a, b in ends]


def _axes(first: float, second: float) -> tuple[float, float]:
    return _rounded(max(first, second)), _rounded(min(first, second))


def _angle(first: Point, second: Point, *, acute: bool) -> float:
    """Degrees between two directions, 0 to 180; between two lines, 0 to 90."""
    degrees = math.degrees(math.atan2(_length(_cross(first, second)), _dot(first, second)))
    return min(degrees, 180 - degrees) if acute else degrees


def _dot(a: Point, b: Point) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Point, b: Point) -> list[float]:
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def _length(a: Point) -> float:
    return math.sqrt(_dot(a, a))


def _rounded(value: float) -> float:
    """To a millionth, so that two languages give the same number."""
    return math.floor(value * _DIGITS + 0.5) / _DIGITS
