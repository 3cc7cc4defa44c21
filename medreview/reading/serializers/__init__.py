"""Readings, work lists, reviews and exports as JSON."""
