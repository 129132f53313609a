"""What Prometheus is told of the spaces, the sound and the work that waits.

Whoever asks does so in a thread of the metrics server: it is answered from what was looked up in the event loop shortly
before, and never makes the server wait.
"""

import shutil
from collections.abc import Iterator

import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from voxhall import __version__
from voxhall.errors import JsonObject, VoxhallError
from voxhall.kit.jobs import queue
from voxhall.live.service import Live

log = structlog.get_logger()

# Prometheus asks every 15 s by default; looking more often shows it nothing.
LOOK_EVERY_S = 10.0


class Figures(Collector):
    def __init__(self, live: Live) -> None:
        self._live = live
        self._jobs: dict[str, int] = {}
        self._media: dict[str, int] = {}
        self._nodes: list[dict[str, int]] = []

    async def look(self) -> None:
        kit = self._live.kit
        self._jobs = {str(state): count for state, count in (await queue.counts(kit)).items()}
        totals: dict[str, int] = {}
        nodes: list[dict[str, int]] = []
        for node in kit.link.links("media"):
            try:
                stats = await node.call("stats")
            except VoxhallError:
                continue
            now = stats.pop("now", None)
            nodes.append(_numbers(now) if isinstance(now, dict) else {})
            for name, value in _numbers(stats).items():
                totals[name] = totals.get(name, 0) + value
        self._media, self._nodes = totals, nodes

    def collect(self) -> Iterator[Metric]:
        live = self._live
        spaces = live.live_spaces
        listeners = sum(live.presence.listener_count(space_id) for space_id in spaces)
        disk = shutil.disk_usage(live.kit.settings.data)
        info = GaugeMetricFamily("voxhall_info", "Always 1; the version is its label", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        yield GaugeMetricFamily("voxhall_media_ready", "1 while a media node can take people", int(live.media_ready))
        yield GaugeMetricFamily("voxhall_live_spaces", "Spaces that are live", len(spaces))
        yield GaugeMetricFamily("voxhall_listeners", "People who listen, over all spaces", listeners)
        yield GaugeMetricFamily("voxhall_open_pages", "Live sockets of pages", live.hub.open_sockets)
        yield GaugeMetricFamily("voxhall_disk_free_bytes", "Free under the data folder", disk.free)
        yield GaugeMetricFamily("voxhall_disk_size_bytes", "Free and used there", disk.free + disk.used)
        jobs = GaugeMetricFamily("voxhall_jobs", "Jobs by their state", labels=["state"])
        for state, count in sorted(self._jobs.items()):
            jobs.add_metric([state], count)
        yield jobs
        for name, value in sorted(self._media.items()):
            text = f"Total of the media nodes since they started: {name.replace('_', ' ')}"
            yield CounterMetricFamily(f"voxhall_media_{name}", text, value)
        names = sorted({name for node in self._nodes for name in node})
        for name in names:
            text = f"Of each media node as it is now: {name.replace('_', ' ')}"
            gauge = GaugeMetricFamily(f"voxhall_media_now_{name}", text, labels=["node"])
            for number, node in enumerate(self._nodes):
                gauge.add_metric([str(number)], node.get(name, 0))
            yield gauge


def _numbers(told: JsonObject) -> dict[str, int]:
    return {name: value for name, value in told.items() if isinstance(value, int)}
