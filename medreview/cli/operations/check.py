"""All checks of `medreview fsck`, in one call: the command and the end of a restore use it."""

from __future__ import annotations

from collections.abc import Callable

from medreview.cli.operations import fsck_blobs, fsck_rows
from medreview.cli.operations.problems import Report


def check_all(*, repair: bool, with_hashes: bool, show: Callable[[str], None]) -> Report:
    """Look at everything; `show` is told what is looked at."""
    report = Report()
    steps: list[tuple[str, Callable[[], None]]] = [
        ("the database", lambda: fsck_rows.check_database(report)),
        ("blobs", lambda: fsck_blobs.check_rows(report, with_hashes=with_hashes)),
        ("files", lambda: fsck_blobs.check_files(report, repair=repair)),
        ("leftovers", lambda: fsck_blobs.check_leftovers(report, repair=repair)),
        ("staging", lambda: fsck_rows.check_staging(report, repair=repair)),
        ("masks", lambda: fsck_rows.check_masks(report)),
        ("drafts", lambda: fsck_rows.check_journals(report)),
        ("models", lambda: fsck_rows.check_models(report, with_hashes=with_hashes)),
        ("the audit trail", lambda: fsck_rows.check_audit(report)),
    ]
    for name, step in steps:
        show(name)
        step()
    return report
