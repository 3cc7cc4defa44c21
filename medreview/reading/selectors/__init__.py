"""Reading the work list, readings, reviews and frozen truth. `access` is the only door that serves a request."""

from medreview.reading.selectors.access import ReadingAccess, access_reading
from medreview.reading.selectors.frozen import FrozenReading, approved_readings, frozen_reading

__all__ = ["FrozenReading", "ReadingAccess", "access_reading", "approved_readings", "frozen_reading"]
