"""DICOM levels as rows of one project, the grids that marks refer to, and the record of each import."""

from __future__ import annotations

from django.db import models

from medreview.accounts.models import Project, User
from medreview.archive import states
from medreview.core.models import Blob


class Patient(models.Model):
    """One PatientID (with its issuer) of a project. `split_key` is equal for aliases such as `P1 ` and `p1`."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    patient_id = models.CharField(max_length=200)
    issuer_of_patient_id = models.CharField(max_length=200, blank=True)
    pseudonym = models.CharField(max_length=16)
    split_key = models.CharField(max_length=64, db_index=True)
    sex = models.CharField(max_length=16, blank=True)
    birth_date = models.CharField(max_length=16, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "patient_id", "issuer_of_patient_id"], name="patient_once"),
            models.UniqueConstraint(fields=["project", "pseudonym"], name="pseudonym_once"),
        ]


class Study(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE)
    study_instance_uid = models.CharField(max_length=64)
    study_date = models.CharField(max_length=16, blank=True)
    study_time = models.CharField(max_length=32, blank=True)
    study_description = models.CharField(max_length=200, blank=True)
    study_id = models.CharField(max_length=32, blank=True)
    accession_number = models.CharField(max_length=64, blank=True)
    patient_name = models.CharField(max_length=200, blank=True)
    referring_physician_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "study_instance_uid"], name="study_once")]


class Series(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    study = models.ForeignKey(Study, on_delete=models.CASCADE)
    series_instance_uid = models.CharField(max_length=64)
    modality = models.CharField(max_length=16)
    series_number = models.IntegerField(null=True)
    series_description = models.CharField(max_length=200, blank=True)
    body_part_examined = models.CharField(max_length=64, blank=True)
    manufacturer = models.CharField(max_length=120, blank=True)
    manufacturer_model_name = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "series_instance_uid"], name="series_once")]


class Instance(models.Model):
    """One stored SOP Instance. `frames` lists (offset, length) of each frame inside the frames blob (the stored file
    itself where its frames lie there whole), whose bytes are in `frame_transfer_syntax_uid`; `header` is DICOM JSON
    without bulk data, served as WADO-RS metadata. `source_sha256` is of the bytes received, `name` what they were
    called, `pixel_sha256` of the decoded pixels. `dataset_sha256` is of the transfer syntax and what follows the file
    meta information: the same object sent another way has another file, but this hash."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    series = models.ForeignKey(Series, on_delete=models.CASCADE)
    sop_instance_uid = models.CharField(max_length=64)
    sop_class_uid = models.CharField(max_length=64)
    transfer_syntax_uid = models.CharField(max_length=64)
    instance_number = models.IntegerField(null=True)
    rows = models.PositiveIntegerField(default=0)
    columns = models.PositiveIntegerField(default=0)
    bits_allocated = models.PositiveSmallIntegerField(default=0)
    number_of_frames = models.PositiveIntegerField(default=1)
    source = models.ForeignKey("Import", null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=400, blank=True)
    source_sha256 = models.CharField(max_length=64, db_index=True)
    dataset_sha256 = models.CharField(max_length=64, blank=True)
    stored = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    frames_blob = models.ForeignKey(Blob, null=True, on_delete=models.PROTECT, related_name="+")
    frames = models.JSONField(default=list)
    frame_transfer_syntax_uid = models.CharField(max_length=64, blank=True)
    pixel_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    header = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "sop_instance_uid"], name="instance_once")]


class Grid(models.Model):
    """One stack of slices: what marks refer to. `affine_lps` (4x4, row lists) maps (column, row, slice) of voxel
    centres to LPS mm; `slices` lists {"sop_instance_uid", "frame"} in order of position along the normal."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    series = models.ForeignKey(Series, on_delete=models.CASCADE)
    number = models.PositiveIntegerField(default=0)
    frame_of_reference_uid = models.CharField(max_length=64, blank=True)
    shape_zyx = models.JSONField()
    affine_lps = models.JSONField()
    spacing_mm = models.JSONField()
    time_index = models.PositiveIntegerField(default=0)
    spacing_known = models.BooleanField(default=True)
    orientation_known = models.BooleanField(default=True)
    photometric_interpretation = models.CharField(max_length=32, blank=True)
    rescale_is_hu = models.BooleanField(default=False)
    window_presets = models.JSONField(default=list)
    slices = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    blocks_training = models.BooleanField(default=False)
    pixel_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    thumbnail = models.ForeignKey(Blob, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "number"], name="grid_once")]


class Import(models.Model):
    """One act of bringing files in, by page, command line or network. `summary` counts what came of it."""

    TRANSITIONS = states.TRANSITIONS

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    state = models.CharField(max_length=16, choices=states.ImportState.choices, default=states.ImportState.RECEIVING)
    source = models.CharField(max_length=16, default="page")
    options = models.JSONField(default=dict)
    files_received = models.PositiveIntegerField(default=0)
    bytes_received = models.BigIntegerField(default=0)
    files_total = models.PositiveIntegerField(default=0)
    files_done = models.PositiveIntegerField(default=0)
    summary = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)


class Outcome(models.TextChoices):
    ACCEPTED = "accepted"
    WARNING = "warning"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REFUSED = "refused"


class ImportItem(models.Model):
    """What became of a series or a single file, with the rule that decided."""

    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="items")
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    name = models.CharField(max_length=400)
    files = models.PositiveIntegerField(default=1)
    bytes = models.BigIntegerField(default=0)
    modality = models.CharField(max_length=16, blank=True)
    rule = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    patient = models.ForeignKey(Patient, null=True, on_delete=models.SET_NULL)
    series = models.ForeignKey(Series, null=True, on_delete=models.SET_NULL)
    kept = models.ForeignKey(Blob, null=True, on_delete=models.PROTECT, related_name="+")
    blocks_training = models.BooleanField(default=False)


class Quarantined(models.Model):
    """A file that was kept but not taken in, until a manager releases or discards it. Unreadable to annotators."""

    TRANSITIONS = states.QUARANTINE_TRANSITIONS

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    batch = models.ForeignKey(Import, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=16, choices=states.QuarantineState.choices, default="waiting")
    rule = models.CharField(max_length=64)
    reason = models.TextField()
    name = models.CharField(max_length=400)
    size = models.BigIntegerField(default=0)
    source_sha256 = models.CharField(max_length=64)
    kept = models.ForeignKey(Blob, null=True, on_delete=models.PROTECT, related_name="+")
    sop_class_uid = models.CharField(max_length=64, blank=True)
    sop_instance_uid = models.CharField(max_length=64, blank=True)
    series_instance_uid = models.CharField(max_length=64, blank=True)
    study_instance_uid = models.CharField(max_length=64, blank=True)
    modality = models.CharField(max_length=16, blank=True)
    first_copy = models.ForeignKey(Instance, null=True, on_delete=models.SET_NULL, related_name="+")
    received_from = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=400, blank=True)
    released_import = models.ForeignKey(Import, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "source_sha256", "rule"],
                condition=models.Q(state="waiting"),
                name="quarantined_once_while_waiting",
            )
        ]


class AeRoute(models.Model):
    """Where objects sent to a called AE title go. Empty lists let every caller and every address in."""

    ae_title = models.CharField(max_length=16, unique=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    calling_ae_titles = models.JSONField(default=list)
    peer_addresses = models.JSONField(default=list)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)


class InboxInstance(models.Model):
    """One object that came to an AE title without a route: kept until a manager gives it to a project."""

    sop_class_uid = models.CharField(max_length=64)
    sop_instance_uid = models.CharField(max_length=64)
    series_instance_uid = models.CharField(max_length=64, blank=True)
    study_instance_uid = models.CharField(max_length=64, db_index=True)
    modality = models.CharField(max_length=16, blank=True)
    called_ae_title = models.CharField(max_length=16)
    calling_ae_title = models.CharField(max_length=16)
    peer_address = models.CharField(max_length=64)
    size = models.BigIntegerField()
    kept = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sop_instance_uid", "kept", "called_ae_title"], name="inbox_once")
        ]
