"""What an operator's commands ask of a server that runs: how it is, and a connection to try the sound with."""

from voxhall import __version__
from voxhall.errors import JsonObject, RemoteError
from voxhall.kit.health import disk_problem
from voxhall.live.service import Live

# No space has such an id: nobody can be heard or listen there.
PROBE_SPACE = "sp_doctor"


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


async def open_probe(live: Live, sdp: str) -> JsonObject:
    """The media node's answer to somebody who only wants to know whether a packet gets through."""
    nodes = live.kit.link.links("media")
    if not nodes:
        raise RemoteError("media_down", "No media node is connected.", status=503)
    peer = live.kit.ids.new("pe")
    answer = await nodes[0].call(
        "open_listener", {"space": PROBE_SPACE, "peer": peer, "participant": "pa_doctor", "sdp": sdp}
    )
    return {"peer": peer, "sdp": answer["sdp"]}


async def close_probe(live: Live, peer: str) -> JsonObject:
    for node in live.kit.link.links("media"):
        await node.call("close", {"peer": peer})
    return {}
