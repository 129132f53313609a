"""One browser's look at its own way here: the socket says which address the server sees, and hands an offer on to the
media node, which answers it with the ways of one kind alone. Whether they lead anywhere, the browser sees for itself.
"""

import asyncio
from collections import Counter
from contextlib import suppress

from fastapi import WebSocket, WebSocketDisconnect

from voxhall.doctor import candidates, questions
from voxhall.doctor.candidates import KINDS, Kind
from voxhall.errors import BadJsonError, JsonObject, VoxhallError
from voxhall.kit import strict_json
from voxhall.kit.doors import Message
from voxhall.live.service import Live

# From the hello to the last answer and the connections tried by it: longer than a browser gives ICE on a slow network.
LASTS_S = 30.0
# Each may hold two peers of the media node; more visitors than this look at once only where somebody means harm.
AT_ONCE = 16
AT_ONCE_FROM_ONE_ADDRESS = 4

CLOSE_DONE = 1000
CLOSE_BAD_MESSAGE = 4400
CLOSE_BUSY = 4429


class _BadMessageError(Exception):
    pass


class Visitors:
    def __init__(self, live: Live) -> None:
        self._live = live
        self._open: Counter[str] = Counter()

    async def serve(self, websocket: WebSocket, address: str) -> None:
        await websocket.accept()
        if self._open.total() >= AT_ONCE or self._open[address] >= AT_ONCE_FROM_ONE_ADDRESS:
            await _close(websocket, CLOSE_BUSY, "Many look at the moment: try again in a minute.")
            return
        self._open[address] += 1
        try:
            await _look(websocket, self._live, address)
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]


async def _look(websocket: WebSocket, live: Live, address: str) -> None:
    peers: list[str] = []
    code, reason = CLOSE_DONE, ""
    try:
        async with asyncio.timeout(LASTS_S):
            await websocket.send_json({"type": "seen", "address": address})
            left = set(KINDS)
            while True:
                kind, sdp = _offer(await websocket.receive(), left)
                left.discard(kind)
                await websocket.send_json(await _answer(live, kind, sdp, peers))
    except _BadMessageError:
        code, reason = CLOSE_BAD_MESSAGE, "An offer of each kind, once."
    except (TimeoutError, WebSocketDisconnect):
        pass
    finally:
        for peer in peers:
            with suppress(VoxhallError):
                await asyncio.shield(questions.close_probe(live, peer))
    await _close(websocket, code, reason)


def _offer(received: Message, left: set[Kind]) -> tuple[Kind, str]:
    if received["type"] != "websocket.receive":
        raise WebSocketDisconnect
    try:
        message = strict_json.parse(str(received.get("text") or ""))
    except BadJsonError:
        raise _BadMessageError from None
    match message:
        case {"type": "offer", "kind": ("udp" | "tcp") as kind, "sdp": str(sdp)} if kind in left:
            return kind, sdp
    raise _BadMessageError


async def _answer(live: Live, kind: Kind, sdp: str, peers: list[str]) -> JsonObject:
    try:
        opened = await questions.open_probe(live, sdp)
    except VoxhallError as error:
        return {"type": "refused", "kind": kind, "error": error.as_json()}
    peers.append(str(opened["peer"]))
    return {"type": "answer", "kind": kind, "sdp": candidates.only(str(opened["sdp"]), kind)}


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):
        await websocket.close(code, reason)
