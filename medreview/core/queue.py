"""Celery, once. A message carries one job id and is only a hint: `core.jobs` decides from the row what happens."""

from __future__ import annotations

import logging

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

app = Celery("medreview")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

log = logging.getLogger(__name__)


def publish(job_id: int, queue: str) -> bool:
    """Tell the workers about a job. False when the broker cannot be reached: the sweep will publish it later."""
    try:
        app.send_task("medreview.core.run_job", args=[job_id], queue=queue, retry=False)
    except (OSError, OperationalError, RedisError) as error:
        log.warning("job %s not published yet: %s", job_id, error)
        return False
    return True


def is_empty(queue: str) -> bool:
    """Whether the broker holds no message of a queue: what was published and not yet done may have been lost."""
    try:
        with app.connection_for_write() as connection:
            return int(connection.default_channel.client.llen(queue)) == 0
    except (OSError, OperationalError, RedisError) as error:
        log.warning("queue %s not looked at: %s", queue, error)
        return False
