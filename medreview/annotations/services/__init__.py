"""Writing annotations: slice masks and frozen versions."""
