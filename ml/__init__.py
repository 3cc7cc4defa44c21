"""The learning library: readable on its own, knows no database and no web."""
