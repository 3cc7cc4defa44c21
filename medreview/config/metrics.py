"""`/metrics` in Prometheus' text format.

Values of the work are read from the database or the disk when asked, so that they are the same whichever of several web
processes answers. Requests are counted over the web processes of one host (`core.request_metrics`).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate
from typing import Any, cast

from django.conf import settings
from django.db import models
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from medreview import __version__
from medreview.accounts.authentication import user_of_token
from medreview.archive.models import ImportItem
from medreview.core import machine, request_metrics
from medreview.core.clock import database_now
from medreview.core.models import Job
from medreview.learning.models import GateDecision
from medreview.reading.models import JournalOperation, Reading

_LOOPBACK = ("127.0.0.1", "::1")


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever may (see `_is_allowed`); for everyone else there is no such address."""
    if not _is_allowed(request):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Now())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _is_allowed(request: HttpRequest) -> bool:
    """MEDREVIEW_METRICS_TOKEN, or an API token of a superuser; outside production also a program on this machine.

    A proxy on this machine would make the world look local, hence not in production, nor with a forwarded address.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _is_metrics_token(token.strip()) or _is_superuser(token.strip())
    is_local = request.META.get("REMOTE_ADDR") in _LOOPBACK and "X-Forwarded-For" not in request.headers
    return is_local and not settings.PRODUCTION


def _is_metrics_token(token: str) -> bool:
    expected: str = settings.METRICS_TOKEN
    return bool(expected) and hmac.compare_digest(token.encode(), expected.encode())


def _is_superuser(token: str) -> bool:
    user = user_of_token(token)
    return user is not None and user.is_superuser


class _Now(Collector):
    """Everything, as it is now."""

    def collect(self) -> Iterator[Metric]:
        now = database_now()
        yield _info()
        yield from _jobs(now)
        yield from _leases(now)
        yield from _disk()
        yield from _work()
        yield from _requests()


def _info() -> Metric:
    family = GaugeMetricFamily("medreview_build", "Version of this installation.", labels=["version"])
    family.add_metric([__version__], 1)
    return family


def _jobs(now: datetime) -> Iterator[Metric]:
    by_state = GaugeMetricFamily("medreview_jobs", "Jobs by kind and state.", labels=["kind", "state"])
    for row in Job.objects.values("kind", "state").annotate(n=Count("id")).order_by("kind", "state"):
        by_state.add_metric([row["kind"], row["state"]], row["n"])
    yield by_state
    depth = GaugeMetricFamily("medreview_queue_depth", "Jobs that wait, by queue.", labels=["queue"])
    oldest = GaugeMetricFamily(
        "medreview_queue_oldest_seconds", "Age of the oldest waiting job; 0 when none waits.", labels=["queue"]
    )
    for queue in machine.queue_facts(now):
        depth.add_metric([queue.name], queue.waiting)
        oldest.add_metric([queue.name], queue.oldest_seconds)
    yield depth
    yield oldest


def _leases(now: datetime) -> Iterator[Metric]:
    leases = machine.lease_facts(now)
    yield GaugeMetricFamily(
        "medreview_running_oldest_seconds",
        "How long the longest running attempt runs; 0 when none runs.",
        value=leases.running_oldest_seconds,
    )
    yield GaugeMetricFamily(
        "medreview_lease_overdue_seconds",
        "For how long the most overdue lease of a running job has run out; 0 when none has.",
        value=leases.overdue_seconds,
    )


def _disk() -> Iterator[Metric]:
    disk = machine.disk_facts()
    for name, text, value in (
        ("medreview_disk_free_bytes", "Free space where the data are.", disk.free_bytes),
        ("medreview_disk_minimum_bytes", "Below this uploads are refused.", disk.minimum_bytes),
        ("medreview_disk_reserve", "1 while the reserve for saves is there.", int(disk.has_reserve)),
    ):
        yield GaugeMetricFamily(name, text, value=value)


def _work() -> Iterator[Metric]:
    yield CounterMetricFamily(
        "medreview_draft_operations",
        "Operations saved to drafts so far, by the newest row's number.",
        value=JournalOperation.objects.aggregate(n=Max("id"))["n"] or 0,
    )
    readings = GaugeMetricFamily("medreview_readings", "Readings by state.", labels=["state"])
    gate = CounterMetricFamily("medreview_gate_decisions", "Decisions of the gate by verdict.", labels=["verdict"])
    items = CounterMetricFamily("medreview_import_items", "Outcomes of imports.", labels=["outcome"])
    families: tuple[tuple[Metric, type[models.Model]], ...] = (
        (readings, Reading), (gate, GateDecision), (items, ImportItem),
    )  # fmt: skip
    for family, model in families:
        yield _counted(family, model)


def _requests() -> Iterator[Metric]:
    answers = CounterMetricFamily(
        "medreview_http_requests",
        "Answers since the web processes of a host began.",
        labels=["host", "method", "route", "status"],
    )
    by_route: dict[tuple[str, str, str], request_metrics.Timed] = {}
    for (host, method, route, status), timed in sorted(request_metrics.total().items()):
        answers.add_metric([host, method, route, status], sum(timed.classes))
        by_route.setdefault((host, method, route), request_metrics.Timed()).add(timed)
    durations = HistogramMetricFamily(
        "medreview_http_request_seconds",
        "From a request to the beginning of its answer.",
        labels=["host", "method", "route"],
    )
    bounds = [*map(str, request_metrics.BOUNDS_SECONDS), "+Inf"]
    for key, timed in by_route.items():
        durations.add_metric(list(key), list(zip(bounds, accumulate(timed.classes), strict=True)), timed.seconds)
    yield answers
    yield durations


def _counted(family: Any, model: type[models.Model]) -> Metric:
    """The family with the number of rows for each value of its label's column."""
    (column,) = family._labelnames
    rows = model._default_manager.order_by(column).values_list(column).annotate(Count("pk"))
    for value, number in rows:
        family.add_metric([value], number)
    return cast(Metric, family)
