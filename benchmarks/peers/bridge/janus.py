"""Janus' door: its JSON over one WebSocket, one session for each listener (janus.conf.meetecho.com/docs/rest)."""

import asyncio
import json
import secrets
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from benchmarks.peers.bridge.descriptions import agreed_on, answer

ADDRESS = "192.0.2.1"
STREAM, ROOM = 1, 1
STREAM_PORT = 5002
PAYLOAD_TYPE = 111
OPEN_TIMEOUT_S = 30.0
ANSWER_TIMEOUT_S = 10.0


class Connection:
    """Requests and their answers, told apart by `transaction`."""

    def __init__(self, port: str) -> None:
        self._address = f"ws://127.0.0.1:{port}"
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}

    async def open(self) -> None:
        """As soon as Janus is up."""
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            while True:
                with suppress(OSError):
                    self._socket = await connect(
                        self._address, subprotocols=[Subprotocol("janus-protocol")], compression=None
                    )
                    break
                await asyncio.sleep(0.05)
        self._reader = asyncio.create_task(self._read())

    async def close(self) -> None:
        self._reader.cancel()
        await self._socket.close()

    async def ask(self, verb: str, **said: Any) -> dict[str, Any]:
        """Janus' last word on it: an `ack` is only its first."""
        transaction = secrets.token_hex(8)
        self._waiting[transaction] = last_word = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"janus": verb, "transaction": transaction, **said}))
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            answered: dict[str, Any] = await last_word
        if "error" in answered or "error" in answered.get("plugindata", {}).get("data", {}):
            raise RuntimeError(f"Janus refused: {answered}")
        return answered

    async def _read(self) -> None:
        async for message in self._socket:
            said: dict[str, Any] = json.loads(message)
            if said["janus"] == "ack":
                continue
            if (waiting := self._waiting.pop(said.get("transaction", ""), None)) and not waiting.done():
                waiting.set_result(said)


@dataclass(frozen=True)
class Handle:
    """A session with one plugin."""

    connection: Connection
    session: int
    number: int

    @classmethod
    async def attach(cls, connection: Connection, plugin: str) -> "Handle":
        session = (await connection.ask("create"))["data"]["id"]
        attached = await connection.ask("attach", session_id=session, plugin=f"janus.plugin.{plugin}")
        return cls(connection, session, attached["data"]["id"])

    async def say(self, body: Mapping[str, Any], description: tuple[str, str] | None = None) -> dict[str, Any]:
        """`description`: its type and text."""
        jsep = {"jsep": {"type": description[0], "sdp": description[1]}} if description else {}
        return await self.connection.ask("message", session_id=self.session, handle_id=self.number, body=body, **jsep)

    async def leave(self) -> None:
        await self.connection.ask("destroy", session_id=self.session)


class Door:
    """Listeners of a mountpoint (`streaming`) or of a room that mixes for each of them (`audiobridge`)."""

    def __init__(self, port: str, plugin: str, speech: str) -> None:
        self._connection, self._plugin, self._speech = Connection(port), plugin, speech
        self._speaker: asyncio.subprocess.Process | None = None

    async def open(self) -> None:
        await self._connection.open()
        port = STREAM_PORT if self._plugin == "streaming" else await self._seat()
        coded = "-ac 1 -ar 48000 -c:a libopus -b:a 32k -application voip -frame_duration 20"
        target = f"-payload_type {PAYLOAD_TYPE} -f rtp rtp://{ADDRESS}:{port}"
        read = ["ffmpeg", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", self._speech]
        self._speaker = await asyncio.create_subprocess_exec(*read, *coded.split(), *target.split(), stdout=DEVNULL)

    async def _seat(self) -> int:
        """A speaker who comes by plain RTP; where it is awaited."""
        handle = await Handle.attach(self._connection, self._plugin)
        joined = await handle.say({"request": "join", "room": ROOM, "rtp": {"payload_type": PAYLOAD_TYPE}})
        port: int = joined["plugindata"]["data"]["rtp"]["port"]
        return port

    async def close(self) -> None:
        if self._speaker:
            self._speaker.kill()
            await self._speaker.wait()
        await self._connection.close()

    async def join(self, offer: str) -> tuple[str, Handle]:
        handle = await Handle.attach(self._connection, self._plugin)
        if self._plugin == "audiobridge":
            joined = await handle.say({"request": "join", "room": ROOM, "muted": True}, ("offer", offer))
            return joined["jsep"]["sdp"], handle
        watched = await handle.say({"request": "watch", "id": STREAM})
        offered = watched["jsep"]["sdp"]
        answered = answer(offered, offer)
        await handle.say({"request": "start"}, ("answer", answered))
        return agreed_on(offered, answered), handle

    async def speak(self, request: Request) -> Response:  # noqa: ARG002 - one door for all rivals
        return Response(status_code=405)
