"""The internal link: the control plane listens on a unix socket in the data folder; media nodes, workers and
`voxhall admin` connect. Both sides then call each other and send each other events.

The wire is one JSON object a line, at most 4 MiB:
  {"hello": {"role", "version", "name"}}                      first line of the connecting side
  {"id", "call", "args"} → {"id", "ok"} | {"id", "error"}     a call and its answer
  {"event", "data"}                                           no answer
Invariants: events are handled one at a time in the order they were sent, while answers pass them by, so a handler of an
event may itself call. Nothing queues without a bound: a side that does not keep up loses the connection.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from voxhall.errors import CapacityError, JsonObject, LinkDownError, LinkTimeoutError, RemoteError, VoxhallError
from voxhall.kit.lines import Lines

log = structlog.get_logger()

# The longest line is a node's report: about 130 bytes a peer, so this carries 30,000 of them.
MAX_LINE_BYTES = 4 * 1024 * 1024
# About a second of a busy node's news; more than that means that the other side has stopped reading.
MAX_QUEUED_BYTES = 8 * 1024 * 1024
MAX_QUEUED_EVENTS = 10_000
MAX_CALLS_AT_ONCE = 256


class Handler(Protocol):
    """What one side does with what the other sends. Nobody must import this module to have one.

    An answer that is a text is a JSON object already, without line breaks, and is passed on as it is.
    """

    async def connected(self, link: "Link") -> None: ...
    async def call(self, link: "Link", name: str, args: JsonObject) -> JsonObject | str: ...
    async def event(self, link: "Link", name: str, data: JsonObject) -> None: ...
    async def lost(self, link: "Link") -> None: ...


class LinkHandler:
    """Does nothing and refuses every call; override what you need."""

    async def connected(self, link: "Link") -> None:
        """The link is up; nothing has been handled yet."""

    async def call(self, link: "Link", name: str, args: JsonObject) -> JsonObject | str:
        del link, name, args
        raise RemoteError("unknown_call", "This side of the link does not know that call.", status=404)

    async def event(self, link: "Link", name: str, data: JsonObject) -> None:
        """Something happened on the other side."""

    async def lost(self, link: "Link") -> None:
        """The link is gone; everything sent before has been handled."""


class Link:
    """One connection, from either side. `serve` runs it until it ends."""

    def __init__(self, lines: Lines, hello: Mapping[str, Any]) -> None:
        self.hello = dict(hello)
        self.is_open = True
        self._lines = lines
        self._handler: Handler = LinkHandler()
        self._events: asyncio.Queue[tuple[str, JsonObject] | None] = asyncio.Queue()
        self._answers: dict[int, asyncio.Future[JsonObject]] = {}
        self._last_id = 0
        self._calls: set[asyncio.Task[None]] = set()

    async def call(self, name: str, args: JsonObject | None = None, timeout_s: float = 5.0) -> JsonObject:
        """The other side's answer, or RemoteError as it refused, or LinkDownError, or LinkTimeoutError."""
        self._last_id += 1
        call_id = self._last_id
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[JsonObject] = loop.create_future()
        self._answers[call_id] = answer
        # A timer of the loop itself: a block with a timeout costs as much as the call.
        patience = loop.call_later(timeout_s, _give_up, answer)
        try:
            self._send({"id": call_id, "call": name, "args": args or {}})
            return await answer
        finally:
            patience.cancel()
            self._answers.pop(call_id, None)

    def send_event(self, name: str, data: JsonObject) -> None:
        """Send without waiting for anything; LinkDownError if the link is gone."""
        self._send({"event": name, "data": data})

    def pass_on(self, event: str) -> None:
        """The same of an event that is in the wire's form already, without line breaks."""
        self._write(event.encode())

    def close(self) -> None:
        self.is_open = False
        self._lines.transport.close()
        self._lines.end()

    async def serve(self, handler: Handler) -> None:
        """Run until either side closes; then `lost` is told, after the last event."""
        self._handler = handler
        handling = asyncio.create_task(self._handle_events())
        try:
            await self._handler.connected(self)
            self._lines.take(self._read)
            await asyncio.wait((self._lines.ended,))
            if self.is_open and (error := self._lines.ended.result()):
                log.error("link_broken", peer=self.hello.get("role"), reason=type(error).__name__)
        finally:
            self.is_open = False
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(LinkDownError())
            # Nobody is left who could be answered.
            for task in self._calls:
                task.cancel()
            self._events.put_nowait(None)
            await asyncio.wait([handling, *self._calls])
            self._lines.end()
            self._lines.transport.close()
            await self._handler.lost(self)

    def _send(self, message: JsonObject) -> None:
        self._write(_line(message))

    def _write(self, line: bytes) -> None:
        """What the system does not take at once waits in the transport, which writes as soon as it can."""
        if not self.is_open:
            raise LinkDownError
        if len(line) >= MAX_LINE_BYTES:
            raise ValueError(f"a line of {len(line)} bytes does not fit on the link")
        if self._lines.transport.get_write_buffer_size() + len(line) > MAX_QUEUED_BYTES:
            log.error("link_too_slow", peer=self.hello.get("role"))
            self.is_open = False
            # What waits is for nobody: a close would wait for it.
            self._lines.transport.abort()
            raise LinkDownError
        self._lines.transport.write(line + b"\n")

    def _read(self, line: bytearray) -> None:
        try:
            message = json.loads(line.decode())
            if not isinstance(message, dict):
                raise ValueError("not an object")
            self._dispatch(message)
        except (ValueError, LinkDownError) as error:
            self._lines.end(error)

    def _dispatch(self, message: JsonObject) -> None:
        match message:
            case {"id": int(call_id), "call": str(name), "args": dict(args)}:
                if len(self._calls) >= MAX_CALLS_AT_ONCE:
                    self._answer(call_id, error=CapacityError().as_json() | {"status": 503})
                    return
                task = asyncio.create_task(self._handle_call(call_id, name, args))
                self._calls.add(task)
                task.add_done_callback(self._calls.discard)
            case {"id": int(call_id), "ok": dict(ok)}:
                if (answer := self._answers.get(call_id)) and not answer.done():
                    answer.set_result(ok)
            case {"id": int(call_id), "error": dict(error)}:
                if (answer := self._answers.get(call_id)) and not answer.done():
                    answer.set_exception(_remote(error))
            case {"event": str(name), "data": dict(data)}:
                if self._events.qsize() >= MAX_QUEUED_EVENTS:
                    log.error("link_flooded", peer=self.hello.get("role"))
                    self.close()
                    return
                self._events.put_nowait((name, data))
            case _:
                log.error("link_message_unknown", peer=self.hello.get("role"))

    async def _handle_call(self, call_id: int, name: str, args: JsonObject) -> None:
        try:
            ok = await self._handler.call(self, name, args)
        except VoxhallError as error:
            self._answer(call_id, error=error.as_json() | {"status": error.status})
        except Exception:
            log.exception("link_call_failed", call=name)
            self._answer(call_id, error=VoxhallError().as_json() | {"status": 500})
        else:
            if isinstance(ok, str):
                self._pass_on_answer(call_id, ok)
            else:
                self._answer(call_id, ok=ok)

    def _answer(self, call_id: int, **outcome: JsonObject) -> None:
        # Nobody is left to hear the answer of a call whose link went down meanwhile.
        if self.is_open:
            self._send({"id": call_id, **outcome})

    def _pass_on_answer(self, call_id: int, ok: str) -> None:
        if self.is_open:
            self._write(f'{{"id":{call_id},"ok":{ok}}}'.encode())

    async def _handle_events(self) -> None:
        while (item := await self._events.get()) is not None:
            try:
                await self._handler.event(self, *item)
            except LinkDownError:
                continue
            except Exception:
                log.exception("link_event_failed", event_name=item[0])


# Made once: `json.dumps` makes one for each line that is not to have its spaces.
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def _line(message: JsonObject) -> bytes:
    return _ENCODER.encode(message).encode()


def _give_up(answer: asyncio.Future[JsonObject]) -> None:
    if not answer.done():
        answer.set_exception(LinkTimeoutError())


def _remote(error: JsonObject) -> RemoteError:
    status = error.get("status")
    return RemoteError(
        str(error.get("code", "internal")),
        str(error.get("message", VoxhallError.message)),
        status=status if isinstance(status, int) else 500,
        details=error.get("details"),
    )
