"""`medreview fsck`: is everything there, and is it what was stored?"""

from __future__ import annotations

from typing import Annotated

import typer

from medreview.cli.console import console, emit, readable_errors, setup


def fsck(
    repair: Annotated[
        bool, typer.Option("--repair", help="Remove orphans and leftovers that are older than a day.")
    ] = False,
    skip_hashes: Annotated[bool, typer.Option("--skip-hashes", help="Look at names and sizes only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one machine-readable result.")] = False,
) -> None:
    """Check the database, the blob store, masks, drafts and models; exit status 0 only when all is well."""
    setup()
    from medreview.cli.operations.check import check_all
    from medreview.cli.operations.databases import require_current

    with readable_errors(), console.status("checking") as status:
        require_current()
        report = check_all(
            repair=repair, with_hashes=not skip_hashes, show=lambda text: status.update(f"checking {text}")
        )
    lines = [f"removed: {problem}" for problem in report.repaired]
    lines += [str(problem) for problem in report.problems]
    seen = ", ".join(f"{number} {name}" for name, number in report.checked.items())
    lines.append(f"{'clean' if not report.problems else f'{len(report.problems)} problems'} ({seen})")
    emit(report.to_json(), as_json=as_json, text="\n".join(lines))
    if report.problems:
        raise typer.Exit(1)
