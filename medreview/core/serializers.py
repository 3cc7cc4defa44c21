"""Jobs and the state of the installation as the status page shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from medreview.core.job_lists import JOB_EVENTS, STATE_FILTERS
from medreview.core.machine import DATABASES, DISK_STATES
from medreview.core.models import JobState

Shape = s.Serializer[Any]
MAX_ID = 2**63 - 1


class JobQuerySerializer(Shape):
    state = s.ChoiceField(choices=STATE_FILTERS, required=False)
    kind = s.RegexField(r"^[a-z_.]+$", required=False, max_length=64)
    cursor = s.IntegerField(required=False, min_value=0, max_value=MAX_ID)


class JobTargetSerializer(Shape):
    """What tells the target from others of its kind: a number, a version, a format."""

    name = s.CharField()
    size = s.IntegerField(allow_null=True)


class JobProgressSerializer(Shape):
    fraction = s.FloatField()
    message = s.CharField(allow_blank=True)
    done = s.IntegerField(allow_null=True)
    total = s.IntegerField(allow_null=True)
    seconds_left = s.FloatField(allow_null=True)


class JobSerializer(Shape):
    """`ahead` counts jobs of any project in the same queue; `heard_seconds`: since the worker renewed its lease."""

    id = s.IntegerField()
    kind = s.CharField()
    queue = s.CharField()
    state = s.ChoiceField(choices=JobState.choices)
    allowed_events = s.ListField(child=s.ChoiceField(choices=JOB_EVENTS))
    is_stopping = s.BooleanField()
    target_id = s.IntegerField()
    target = JobTargetSerializer(allow_null=True)
    attempt = s.IntegerField()
    max_attempts = s.IntegerField()
    progress = JobProgressSerializer(allow_null=True)
    error = s.CharField(allow_blank=True)
    retryable = s.BooleanField()
    ahead = s.IntegerField()
    worker = s.CharField(allow_blank=True)
    heard_seconds = s.FloatField(allow_null=True)
    waited_seconds = s.FloatField(allow_null=True)
    ran_seconds = s.FloatField(allow_null=True)
    created_at = s.DateTimeField()
    started_at = s.DateTimeField(allow_null=True)
    finished_at = s.DateTimeField(allow_null=True)


class JobListSerializer(Shape):
    """`kinds`: of all jobs of the project, for a filter."""

    results = JobSerializer(many=True)
    next = s.CharField(allow_null=True)
    count = s.IntegerField()
    kinds = s.ListField(child=s.CharField())


class QueueFactsSerializer(Shape):
    """`workers` is null when the broker, which knows them, does not answer."""

    name = s.CharField()
    waiting = s.IntegerField()
    oldest_seconds = s.FloatField()
    running = s.IntegerField()
    workers = s.IntegerField(allow_null=True)


class LeaseFactsSerializer(Shape):
    running_oldest_seconds = s.FloatField()
    overdue_seconds = s.FloatField()


class DiskFactsSerializer(Shape):
    """Below `minimum_bytes` new files are refused while labels are still saved."""

    state = s.ChoiceField(choices=DISK_STATES)
    free_bytes = s.IntegerField()
    total_bytes = s.IntegerField()
    minimum_bytes = s.IntegerField()
    has_reserve = s.BooleanField()


class JobWaitSerializer(Shape):
    job_id = s.IntegerField()
    kind = s.CharField()
    queue = s.CharField()
    seconds = s.FloatField()


class StatusSerializer(Shape):
    """Numbers of the whole installation, without names, and how long this project's newest jobs waited."""

    queues = QueueFactsSerializer(many=True)
    leases = LeaseFactsSerializer()
    disk = DiskFactsSerializer()
    broker_reachable = s.BooleanField()
    dicom_ports = s.ListField(child=s.IntegerField())
    version = s.CharField()
    database = s.ChoiceField(choices=DATABASES)
    waits = JobWaitSerializer(many=True)
