"""Writing the archive: receiving files, taking them in, storing series."""

from medreview.archive.services.imports import (
    add_files,
    create_import,
    finish_import,
    import_paths,
    ingest_entries,
    ingest_import,
)

__all__ = ["add_files", "create_import", "finish_import", "import_paths", "ingest_entries", "ingest_import"]
