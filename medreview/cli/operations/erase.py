"""`medreview erase-patient`: nothing of a patient stays but tombstones.

What stays, and why: the salted hash of the PatientID with its side (the database refuses to delete it, so that the
patient can never come back on the other side of a model's split), case and reading numbers in snapshots and gate
reports, audit rows with numbers. Models keep what they learned; they are listed so that somebody can decide.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from medreview.cli.console import console, emit, readable_errors, setup, stop


def erase_patient(
    patient_id: Annotated[str, typer.Argument(help="The PatientID, exactly as in the files.")],
    project: Annotated[str, typer.Option("--project", help="Slug of the project.")],
    issuer: Annotated[
        str | None, typer.Option("--issuer", help="Issuer of the PatientID, where several patients share it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one machine-readable result.")] = False,
) -> None:
    """Erase one patient from a project: files, voxels, drafts and names."""
    setup()
    from medreview.cli.operations import erase_bytes, erase_rows
    from medreview.cli.operations.databases import require_current

    with readable_errors():
        require_current()
        patient = erase_rows.find_patient(project, patient_id, issuer)
        planned = erase_rows.erase_rows(patient, really=False)
        if dry_run:
            emit(planned.to_json(), as_json=as_json, text="would erase:\n" + _text(planned.to_json()))
            return
        if not yes:
            _confirm(planned.to_json(), patient_id)
        with console.status("erasing"):
            done = erase_rows.erase_rows(patient, really=True)
            problems = erase_bytes.erase_bytes(done)
    result = {**done.to_json(), "problems": problems}
    emit(result, as_json=as_json, text="erased:\n" + "\n".join([_text(done.to_json()), *problems]))
    if problems:
        raise typer.Exit(1)


def compact(
    as_json: Annotated[bool, typer.Option("--json", help="Print one machine-readable result.")] = False,
) -> None:
    """Write the database anew, so that nothing deleted can be read from its file any more."""
    setup()
    from medreview.cli.operations.erase_bytes import compact_database

    with console.status("writing the database anew"):
        problems = compact_database()
    emit({"problems": problems}, as_json=as_json, text="\n".join(problems) or "done")
    if problems:
        raise typer.Exit(1)


def _confirm(planned: dict[str, Any], patient_id: str) -> None:
    console.print("This cannot be undone. It erases:\n" + _text(planned), markup=False)
    if typer.prompt("Type the PatientID to go on", default="", show_default=False) != patient_id:
        stop("that is not the PatientID; nothing was changed")


def _text(result: dict[str, Any]) -> str:
    lines = [f"  {number} {name}" for name, number in result["rows"].items()]
    lines.append(f"  {result['blobs']} stored files that nothing else uses")
    lines += [f"  stays: model v{row['version']}, {row['use']} this patient" for row in result["models"]]
    lines += [f"  look at: {note}" for note in result["notes"]]
    return "\n".join(lines)
