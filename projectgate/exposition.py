"""The numbers of /metrics in Prometheus' text, summed over the workers of a server, for those who may read them."""

from __future__ import annotations

import asyncio
import hmac
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import accumulate
from pathlib import Path

import orjson
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from projectgate.answers import denied, refused
from projectgate.auth import bearer
from projectgate.metrics import METRICS, Metric, Metrics, Samples
from projectgate.request import Rejected, is_local
from projectgate.resolvers.errors import Unauthenticated

# Seconds between two moments at which a worker writes its numbers down.
INTERVAL = 1.0
_LASTING = frozenset(metric.name for metric in METRICS if metric.kind != "gauge")


def metrics_text(
    metrics: Metrics, token: SecretStr | None
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of /metrics: for this machine alone, or, where a token is set, for whoever has it."""

    async def show(request: Request) -> Response:
        try:
            require_access(request, token)
        except Unauthenticated as error:
            return denied(error)
        except Rejected as rejected:
            return refused(rejected)
        samples = metrics.samples(request.app.state.database)
        shared: Shared | None = request.app.state.shared_metrics
        if shared is not None:
            shared.write(samples)
            samples = shared.read()
        return Response(
            text(samples),
            headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4, "cache-control": "no-store"},
        )

    return show


def require_access(request: Request, token: SecretStr | None) -> None:
    """Lets those pass who may read the metrics. Raises: Unauthenticated, Rejected (403)."""
    if token is not None:
        given = bearer(request.headers.getlist("authorization"))
        if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
            raise Unauthenticated("the token is not that of PROJECTGATE_METRICS_TOKEN")
    elif not is_local(request.scope):
        raise Rejected(
            403,
            "FORBIDDEN",
            "metrics are for this machine alone (http://127.0.0.1): set PROJECTGATE_METRICS_TOKEN, and send it as a "
            "bearer token, to read them from another one",
        )


def text(samples: Samples) -> bytes:
    """Numbers as Prometheus reads them."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(samples))
    return generate_latest(registry)


class _Families(Collector):
    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily]:
        """Each metric that there are numbers of."""
        for metric in METRICS:
            if metric.name in self._samples:
                yield _family(metric, self._samples[metric.name])


def _family(
    metric: Metric, samples: dict[tuple[str, ...], list[float]]
) -> CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily:
    if metric.kind == "histogram":
        histogram = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        names = [*(f"{bound:g}" for bound in metric.bounds), "+Inf"]
        for labels, (*counts, total) in samples.items():
            histogram.add_metric(labels, list(zip(names, accumulate(counts), strict=True)), total)
        return histogram
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = kind(metric.name, metric.help, labels=metric.labels)
    for labels, (value,) in samples.items():
        family.add_metric(labels, value)
    return family


class Shared:
    """The numbers of all workers of a server, each in a file of one folder.

    What a worker has counted stays when it dies: the next one that begins goes on from there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / f"{os.getpid()}.json"
        self._inherited: Samples = {}
        for path in folder.glob("*.json"):
            if not _is_alive(path):
                taken = self._path.with_suffix(".taken")
                with suppress(FileNotFoundError):  # another one was faster
                    path.rename(taken)
                    lasting = {
                        name: found for name, found in _read(taken).items() if name in _LASTING
                    }
                    self._inherited = _sum([self._inherited, lasting])
                    taken.unlink()

    def write(self, samples: Samples) -> None:
        """Writes down what this worker has counted."""
        whole = _sum([self._inherited, samples])
        new = self._path.with_suffix(".new")
        new.write_bytes(orjson.dumps({name: [*found.items()] for name, found in whole.items()}))
        new.replace(self._path)

    def read(self) -> Samples:
        """What all workers have written down."""
        found = []
        for path in self._folder.glob("*.json"):
            with suppress(FileNotFoundError):  # another worker goes on with it now
                samples = _read(path)
                if not _is_alive(path):
                    samples = {name: one for name, one in samples.items() if name in _LASTING}
                found.append(samples)
        return _sum(found)

    async def keep(self, samples: Callable[[], Samples]) -> None:
        """Writes them down again and again, until it is cancelled."""
        while True:
            with suppress(OSError):  # a disk that is full, say: the next time it may not be
                self.write(samples())
            await asyncio.sleep(INTERVAL)


def _read(path: Path) -> Samples:
    return {
        name: {tuple(labels): values for labels, values in found}
        for name, found in orjson.loads(path.read_bytes()).items()
    }


def _sum(many: list[Samples]) -> Samples:
    whole: Samples = {}
    for samples in many:
        for name, found in samples.items():
            sums = whole.setdefault(name, {})
            for labels, values in found.items():
                before = sums.get(labels)
                sums[labels] = (
                    values if before is None else [*map(sum, zip(before, values, strict=True))]
                )
    return whole


def _is_alive(path: Path) -> bool:
    """Whether the worker lives whose numbers are in a file."""
    try:
        os.kill(int(path.stem), 0)
    except ProcessLookupError:
        return False
    return True
