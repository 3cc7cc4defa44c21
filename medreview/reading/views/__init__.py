"""HTTP for work lists, readings, reviews and exports: parse, call one service or selector, serialise."""
