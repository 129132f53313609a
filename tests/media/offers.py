"""Offers as clients make them, and what is wrong with some."""

from dataclasses import dataclass

from tests.media.peers import Tone, new_peer, offer_of


@dataclass(frozen=True)
class MediaLine:
    """One `m=` line of an answer: kind and port; port 0 means rejected (RFC 3264 §6)."""

    kind: str
    port: int


async def offer(*kinds: str, send: bool) -> str:
    """An offer with these lines in this order: "audio", "video" or "application"."""
    peer = new_peer()
    try:
        for kind in kinds:
            if kind == "application":
                peer.createDataChannel("data")
            elif kind == "audio" and send:
                peer.addTransceiver(Tone(440.0), direction="sendonly")
            else:
                peer.addTransceiver(kind, direction="sendonly" if send else "recvonly")
        return await offer_of(peer)
    finally:
        await peer.close()


def media_lines(sdp: str) -> list[MediaLine]:
    lines = [line.removeprefix("m=").split() for line in sdp.splitlines() if line.startswith("m=")]
    return [MediaLine(kind, int(port)) for kind, port, *_ in lines]
