"""LiveKit's door: a WebSocket for each listener, over which the server makes its offer (protocol/livekit_rtc.proto)."""

import asyncio
import json
import time
from contextlib import suppress
from itertools import count

import httpx2
from fastapi import Request, Response
from joserfc import jwt
from joserfc.jwk import OctKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.peers.bridge.descriptions import agreed_on, answer, sections, with_candidate
from benchmarks.peers.bridge.wire import field, fields

STAGE = "stage"
# The last protocol in which the server offers what it sends, as every SDK had it until 2025.
PROTOCOL = 15
# SignalRequest and SignalResponse.
REQUEST_ANSWER, REQUEST_PING = 2, 14
RESPONSE_OFFER, RESPONSE_TRICKLE = 3, 4
# SessionDescription and TrickleRequest.
TYPE, SDP, ID = 1, 2, 3
CANDIDATE, TARGET = 1, 2
SUBSCRIBER = 1
# No browser offers it for sound, and LiveKit's SDK for browsers takes it all the same (`ensureAudioNackAndStereo`).
SDK_ALSO_TAKES = ("nack",)
# It closes after 15 s without one.
PING_EVERY_S = 5.0
OFFER_TIMEOUT_S = 10.0
VALID_S = 3600


def token(key: str, secret: str, name: str, stage: str, *, publishes: bool) -> str:
    grant = {"room": stage, "roomJoin": True, "canPublish": publishes, "canSubscribe": not publishes}
    claims = {"iss": key, "sub": name, "exp": int(time.time()) + VALID_S, "video": grant}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret))


class Listener:
    """One connection to the server, for as long as the listener stays."""

    def __init__(self, socket: ClientConnection, description: str, sound: asyncio.Future[str]) -> None:
        """`sound`: the first section of sound that was offered to anybody here, once there was one."""
        self._socket = socket
        self._own = description
        self._sound = sound
        self._offer: str | None = None
        self._candidate: str | None = None
        self._described: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._ping())]

    async def description(self) -> str:
        """The first offer is of a data channel, and the path is found by it while the tracks are on their way. They are
        offered alike to all, and so only the first listener has to wait for how.
        """
        async with asyncio.timeout(OFFER_TIMEOUT_S):
            described = await self._described
            return described if "m=audio" in described else described + await asyncio.shield(self._sound)

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._socket.close()

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for message in self._socket:
                for kind, value in fields(message if isinstance(message, bytes) else b""):
                    if isinstance(value, bytes):
                        await self._take(kind, value)

    async def _take(self, kind: int, message: bytes) -> None:
        if kind == RESPONSE_OFFER:
            parts = dict(fields(message))
            offer = text(parts[SDP])
            answered = answer(offer, self._own, SDK_ALSO_TAKES)
            said = field(TYPE, b"answer") + field(SDP, answered.encode())
            await self._socket.send(field(REQUEST_ANSWER, said + field(ID, parts.get(ID, 0))))
            # Later offers add what came later, and change nothing of the path.
            agreed = agreed_on(offer, answered)
            self._offer = self._offer or agreed
            of_sound = [section for section in sections(agreed) if section[0].startswith("m=audio")]
            if of_sound and not self._sound.done():
                self._sound.set_result("\r\n".join([*of_sound[0], ""]))
        elif kind == RESPONSE_TRICKLE:
            parts = dict(fields(message))
            candidate = json.loads(text(parts[CANDIDATE]))["candidate"]
            if parts.get(TARGET) == SUBSCRIBER and " udp " in candidate:
                self._candidate = self._candidate or candidate
        if self._offer and self._candidate and not self._described.done():
            self._described.set_result(with_candidate(self._offer, self._candidate))

    async def _ping(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(PING_EVERY_S)
                await self._socket.send(field(REQUEST_PING, int(time.time() * 1000)))


def text(value: int | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else ""


class Door:
    """Listeners of one room."""

    def __init__(self, port: str, key: str, secret: str) -> None:
        self._port, self._key, self._secret = port, key, secret
        self._numbers = count()
        self._http = httpx2.AsyncClient(timeout=10)

    async def open(self) -> None:
        """The first who comes opens the room."""
        self._sound: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        await self._http.aclose()

    async def join(self, offer: str) -> tuple[str, Listener]:
        ticket = token(self._key, self._secret, f"listener{next(self._numbers)}", STAGE, publishes=False)
        query = f"access_token={ticket}&protocol={PROTOCOL}&auto_subscribe=1&sdk=go"
        socket = await connect(f"ws://127.0.0.1:{self._port}/rtc?{query}", compression=None)
        listener = Listener(socket, offer, self._sound)
        return await listener.description(), listener

    async def speak(self, request: Request) -> Response:
        """Speakers publish by WHIP, which LiveKit speaks itself, at another address."""
        headers = {"Content-Type": "application/sdp", "Authorization": request.headers["Authorization"]}
        url = f"http://127.0.0.1:{self._port}/whip/v1"
        answered = await self._http.post(url, content=await request.body(), headers=headers)
        return Response(answered.content, answered.status_code, {"Location": "/speakers"}, "application/sdp")
