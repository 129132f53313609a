"""What an examination asks of the server that runs, whether it is made beside the server or inside it."""

from voxhall.errors import JsonObject, RemoteError
from voxhall.live.service import Live
from voxhall.recordings.orphans import find_orphans

# No space has such an id: nobody can be heard or listen there.
PROBE_SPACE = "sp_doctor"


async def answer(live: Live, name: str, args: JsonObject) -> JsonObject | None:
    """None if that is no question of the doctor's."""
    match name, args:
        case "orphans", _:
            return (await find_orphans(live.kit)).as_json()
        case "open_probe", {"sdp": str(sdp)}:
            return await open_probe(live, sdp)
        case "close_probe", {"peer": str(peer)}:
            return await close_probe(live, peer)
    return None


async def open_probe(live: Live, sdp: str) -> JsonObject:
    """The media node's answer to somebody who only wants to know whether a packet gets through."""
    nodes = live.kit.link.links("media")
    if not nodes:
        raise RemoteError("media_down", "No media node is connected.", status=503)
    peer = live.kit.ids.new("pe")
    offered: JsonObject = {"space": PROBE_SPACE, "peer": peer, "participant": "pa_doctor", "sdp": sdp}
    answered = await nodes[0].call("open_listener", offered)
    return {"peer": peer, "sdp": answered["sdp"]}


async def close_probe(live: Live, peer: str) -> JsonObject:
    for node in live.kit.link.links("media"):
        await node.call("close", {"peer": peer})
    return {}
