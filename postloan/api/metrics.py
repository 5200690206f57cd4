"""
`/metrics`: the close in Prometheus form. Figures come from the database, so every site process gives the same.

No loan, customer or amount stands here. Who may read it is the business of the
network in front; `POSTLOAN_METRICS=0` switches it off.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from postloan.books.ledger.queries import BooksNotOpen, get_business_date
from postloan.close import queries, watching


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the figures of the close as they are now."""
    if not settings.METRICS:
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(CloseCollector(at=timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class CloseCollector(Collector):
    """The figures of the close at one instant."""

    def __init__(self, *, at: datetime) -> None:
        self._at = at

    def collect(self) -> Iterable[Metric]:
        """Yield the gauges."""
        yield _gauge("postloan_close_faulty_loans", "Loans set aside by the close", queries.count_open_faults())
        alarms = queries.get_open_alarms()
        yield _gauge("postloan_close_alarms", "Days not begun, not finished or not right", len(alarms))
        yield _gauge("postloan_close_lag_days", "Days over that are not closed", self._lag_days())
        yield from self._last_run()
        yield from self._under_way()

    def _lag_days(self) -> int:
        """Return the days that have ended and whose close is not through."""
        try:
            open_date = get_business_date()
        except BooksNotOpen:
            return 0
        return max((timezone.localdate(self._at) - open_date).days, 0)

    def _last_run(self) -> Iterable[Metric]:
        run = queries.get_last_finished_run()
        if run is None:
            return
        summary = queries.summarise(run=run, marks=list(run.marks.all()))
        elapsed = summary.elapsed or timedelta()
        yield _gauge("postloan_close_duration_seconds", "Time the last close took", elapsed.total_seconds())
        midnight = datetime.combine(run.business_date, time.min, tzinfo=timezone.get_default_timezone())
        yield _gauge("postloan_close_business_date_seconds", "Last day closed, as Unix time", midnight.timestamp())
        counts = GaugeMetricFamily("postloan_close_rows", "Rows the last close read or wrote", labels=["kind"])
        for kind, count in summary.counts.items():
            counts.add_metric([kind], count)
        yield counts
        steps = GaugeMetricFamily(
            "postloan_close_step_seconds", "Worker time by step of the last close", labels=["step"]
        )
        for step in summary.steps:
            steps.add_metric([step.step], step.seconds)
        yield steps

    def _under_way(self) -> Iterable[Metric]:
        run = watching.get_run_under_way()
        share = 1.0 if run is None else watching.get_progress(run=run, at=self._at).share_done_mille / 1000
        yield _gauge("postloan_close_share_done", "Share of the partitions done; 1 where no close is under way", share)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
