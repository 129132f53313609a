"""Figures for Prometheus, on an address of their own: they tell who is busy, and that is nobody's business outside."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager

import structlog
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from voxhall.kit import Kit

log = structlog.get_logger()


class _Links(Collector):
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def collect(self) -> Iterator[Metric]:
        links = GaugeMetricFamily("voxhall_links", "Processes connected to the internal link", labels=["role"])
        for role in ("media", "worker"):
            links.add_metric([role], len(self._kit.link.links(role)))
        yield links


@asynccontextmanager
async def serve_metrics(kit: Kit, more: Iterable[Collector] = ()) -> AsyncIterator[None]:
    """A taken port costs the figures and not the server: a second installation on the machine is no error."""
    settings = kit.settings
    if not settings.metrics_port:
        yield
        return
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    for figures in (_Links(kit), *more):
        registry.register(figures)
    try:
        server, thread = start_http_server(settings.metrics_port, settings.metrics_host, registry)
    except OSError as error:
        log.warning("metrics_unavailable", port=settings.metrics_port, reason=error.strerror)
        yield
        return
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
