"""The demo projects: the generated cohort taken in like any other data, its reference cases read from the known truth.

Every step looks at what is there, so that an interrupted first run goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import transaction
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from medreview.accounts.models import Project, User
from medreview.accounts.services import create_project
from medreview.archive.services import import_paths
from medreview.cases.models import Case
from medreview.demo.cohort import generate_cohort
from medreview.demo.manifest import DemoStudy, Manifest
from medreview.demo.people import known_truth_reader, make_people
from medreview.labels.services import LabelInput, create_label_set
from medreview.reading.models import Reading
from medreview.reading.services import ExternalFinding, record_external_reading
from ml.masks import split_findings

PATIENTS = 40
SEED = 2026
BRAIN, THORAX = "Brain MR demo", "Chest CT demo"
BRAIN_LABELS: list[LabelInput] = [
    {"key": "lesion", "name": "Lesion", "kind": "segment", "scheme": "SCT", "value": "52988006", "meaning": "Lesion",
     "findings": "many"},
    {"key": "white-matter", "name": "White matter", "kind": "segment", "scheme": "SCT", "value": "68523003",
     "meaning": "Cerebral white matter", "findings": "one"},
    {"key": "image-quality", "name": "Image quality", "kind": "tag", "options": ["Good", "Limited", "Unreadable"]},
]  # fmt: skip
THORAX_LABELS: list[LabelInput] = [
    {"key": "nodule", "name": "Nodule", "kind": "segment", "scheme": "SCT", "value": "27925004", "meaning": "Nodule",
     "findings": "many"},
]  # fmt: skip
Step = Callable[[int, int, str], None]


def seed_demo(console: Console, *, patients: int = PATIENTS, ct_slices: int = 300) -> None:
    """Make the demo once; later calls return at once. Progress is shown on `console`."""
    done = settings.DATA_DIR / "demo" / "seeded"
    if done.exists():
        return
    console.print("  First run: making the demo from the MNI152 template (about two minutes)")
    with Progress(
        TextColumn("  {task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    ) as progress:
        _seed(settings.DATA_DIR / "demo" / "cohort", patients, ct_slices, _steps(progress))
    done.touch()


def _steps(progress: Progress) -> Callable[[str], Step]:
    def step(title: str) -> Step:
        task = progress.add_task(title, total=None)

        def advance(done: int, total: int, text: str) -> None:
            progress.update(task, completed=done, total=total, description=title)

        return advance

    return step


def _seed(folder: Path, patients: int, ct_slices: int, step: Callable[[str], Step]) -> None:
    manifest = generate_cohort(
        folder, seed=SEED, patients=patients, ct_slices=ct_slices, progress=step("Making images")
    )
    brain = _project(BRAIN, BRAIN_LABELS, f"{manifest.mark}. Five labels and one retrain show the whole loop.")
    thorax = (
        _project(THORAX, THORAX_LABELS, "synthetic demo: computed thorax, artificial nodules") if ct_slices else None
    )
    users = make_people([brain, thorax] if thorax else [brain])
    manager = users["kira"]
    for project, modality, title in ((brain, "MR", "Taking in brain MR"), (thorax, "CT", "Taking in chest CT")):
        if project is not None:
            paths = [folder / study.files for study in manifest.studies if study.modality == modality]
            _take_in(project, manager, paths, step(title))
    _read_reference(brain, manifest, folder, manager, step("Reading reference cases"))


def _take_in(project: Project, actor: User, paths: list[Path], advance: Step) -> None:
    import_paths(project=project, actor=actor, paths=paths, on_progress=lambda done, total: advance(done, total, ""))


def _project(name: str, labels: list[LabelInput], description: str) -> Project:
    found = Project.objects.filter(name=name, is_demo=True).first()
    if found is not None:
        return found
    with transaction.atomic():
        project = create_project(name=name, description=description, actor=None, is_demo=True, salt=name)
        create_label_set(project=project, labels=labels, actor=None)
    return project


def _read_reference(project: Project, manifest: Manifest, folder: Path, actor: User, advance: Step) -> None:
    """Give each val and test case an approved reading from the known truth, marked as such."""
    studies = {study.study_uid: study for study in manifest.studies}
    cases = list(
        Case.objects.filter(project=project, split__side__in=["val", "test"])
        .select_related("study", "split")
        .order_by("pk")
    )
    reader = known_truth_reader()
    for number, case in enumerate(cases):
        advance(number, len(cases), case.pseudonym)
        study = studies.get(case.study.study_instance_uid)
        if study is not None and not Reading.objects.filter(case=case).exists():
            record_truth(case, study, folder, reader=reader, actor=actor)
    advance(len(cases), len(cases), "")


def record_truth(case: Case, study: DemoStudy, folder: Path, *, reader: User, actor: User) -> Reading:
    """One approved reading of a demo case from its known truth: each lesion a finding, white matter one finding."""
    stack = case.stacks.select_related("grid").order_by("position").first()
    if stack is None:
        raise LookupError(f"demo case {case.pseudonym} has no stack; remove the data directory and start again")
    findings = truth_findings(study, folder, grid_id=stack.grid_id)
    marked = {finding.label_key for finding in findings}
    statements = {key: "marked" if key in marked else "searched_none" for key in ("lesion", "white-matter")}
    return record_external_reading(
        case=case, reader=reader, findings=findings, statements=statements, state="approved", actor=actor,
        from_known_truth=True,
    )  # fmt: skip


def truth_findings(study: DemoStudy, folder: Path, *, grid_id: int) -> list[ExternalFinding]:
    """The known truth of a demo study as findings on its grid (truth and grid share the slice order)."""
    with np.load(folder / study.truth) as arrays:
        lesion, white_matter = arrays["lesion"], arrays["white_matter"]
    found = [
        ExternalFinding(label_key="lesion", kind="segment", grid_id=grid_id, mask=part.whole(lesion.shape), box=None)
        for part in split_findings(lesion, "many")
    ]
    if white_matter.any():
        found.append(
            ExternalFinding(label_key="white-matter", kind="segment", grid_id=grid_id, mask=white_matter, box=None)
        )
    return found
