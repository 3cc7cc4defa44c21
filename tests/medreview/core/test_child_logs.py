"""What the process that trains or predicts writes to the log can be found by its job."""

from __future__ import annotations

import json

import pytest

from medreview.core import child, jobs
from medreview.core.models import Job, JobState


@pytest.mark.django_db
def test_every_line_of_a_computing_child_has_its_jobs_id(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDREVIEW_LOG_FORMAT", "json")

    @jobs.handles("test.child", queue="batch", event="job")
    def _handle(context: jobs.JobContext) -> None:
        child.run(context, "tests.medreview.core.child_work:speak", {})

    try:
        job = jobs.enqueue("test.child", queue="batch", target_id=1)
        jobs.execute(job.pk, owner="test")
    finally:
        del jobs.KINDS["test.child"]
    assert Job.objects.get(pk=job.pk).state == JobState.SUCCEEDED
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    said = {line["event"]: line.get("job_id") for line in lines if line["event"].endswith("speaks")}
    assert said == {"child speaks": job.pk, "thread speaks": job.pk, "library speaks": job.pk}
