"""What an operator's commands ask of a server that runs: how it is."""

from voxhall import __version__
from voxhall.errors import JsonObject
from voxhall.kit.health import disk_problem
from voxhall.live.service import Live


def status(live: Live) -> JsonObject:
    spaces = live.live_spaces
    disk = disk_problem(live.kit.settings)
    return {
        "version": __version__,
        "address": live.kit.settings.address,
        "media_nodes": len(live.kit.link.links("media")),
        "media_ready": live.media_ready,
        "workers": len(live.kit.link.links("worker")),
        "live_spaces": len(spaces),
        "listeners": sum(live.presence.listener_count(space_id) for space_id in spaces),
        "open_pages": live.hub.open_sockets,
        "disk": disk or "ok",
    }
