"""Writing the archive: receiving files, taking them in, storing series; what managers decide about doors."""

from medreview.archive.services.doors import (
    assign_inbox,
    create_ae_route,
    delete_ae_route,
    delete_from_inbox,
)
from medreview.archive.services.imports import (
    add_files,
    create_import,
    finish_import,
    import_paths,
    ingest_entries,
    ingest_import,
)
from medreview.archive.services.quarantine import discard_quarantined, release_quarantined

__all__ = [
    "add_files",
    "assign_inbox",
    "create_ae_route",
    "create_import",
    "delete_ae_route",
    "delete_from_inbox",
    "discard_quarantined",
    "finish_import",
    "import_paths",
    "ingest_entries",
    "ingest_import",
    "release_quarantined",
]
