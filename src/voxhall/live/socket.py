"""One open live socket, from its hello to its end."""

import asyncio
from contextlib import suppress

from fastapi import WebSocket, WebSocketDisconnect

from voxhall.accounts.identity import Actor, actor_from_token, actor_of, new_guest
from voxhall.errors import BadTokenError, TooManyRequestsError, VoxhallError
from voxhall.live import protocol
from voxhall.live.hub import Closing, Socket
from voxhall.live.protocol import BadMessageError, CommandMessage, Hello, Pong
from voxhall.live.service import Live
from voxhall.spaces import actions
from voxhall.spaces.model import Participant, Space, SpaceId, SpaceState
from voxhall.spaces.model.commands import Leave
from voxhall.spaces.model.refusals import RemovedError, SpaceNotFoundError

# A page says hello in its first packet; ten seconds are for phones that wake up in between.
HELLO_S = 10.0
# More missed events cost more than a snapshot of a full stage.
MAX_MISSED = 1_000
# A hand on a busy stage gives a command a second; a script that gives more than this is stuck.
COMMANDS_BURST = 30
COMMANDS_PER_S = 5.0
CLOSE_S = 1.0


class _RefusedError(Exception):
    """The socket ends here, with what it is told."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.closing = Closing(code, sentence)


async def serve(websocket: WebSocket, live: Live, space_id: SpaceId) -> None:
    try:
        actor = await actor_of(websocket, live.kit)
        headers = []
        if actor.is_anonymous:
            actor, cookie = await new_guest(live.kit)
            headers.append((b"set-cookie", cookie.encode()))
        await websocket.accept(headers=headers)
    except BadTokenError as error:
        await websocket.accept()
        await _close(websocket, Closing(protocol.CLOSE_BAD_TOKEN, error.message))
        return
    socket = live.hub.open(space_id, live.now_s)
    try:
        await _converse(websocket, live, socket, actor)
    except _RefusedError as refused:
        await _close(websocket, refused.closing)
    except WebSocketDisconnect:
        pass
    finally:
        live.hub.discard(socket)


async def _converse(websocket: WebSocket, live: Live, socket: Socket, actor: Actor) -> None:
    hello = await _hello(websocket)
    try:
        if hello.token is not None:
            actor = await actor_from_token(live.kit, hello.token)
        joined = await actions.join(live.kit, actor, socket.space_id, hidden=hello.hidden)
    except BadTokenError as error:
        raise _RefusedError(protocol.CLOSE_BAD_TOKEN, error.message) from None
    except SpaceNotFoundError as error:
        raise _RefusedError(protocol.CLOSE_NO_SPACE, error.message) from None
    except RemovedError as error:
        raise _RefusedError(protocol.CLOSE_REMOVED, error.message) from None
    space, you = joined.space, joined.participant
    is_attending = space.state in {SpaceState.LIVE, SpaceState.SCHEDULED}
    if is_attending:
        came = live.presence.connected(space.id, you.id, socket)
        if came is not None and live.presence.is_awaited(space.id, you.id):
            # Their last socket may have been noticed as lost since they joined.
            await live.attendance.settle(came)
    try:
        await _begin(live, socket, hello, space, you)
        await _talk(websocket, live, socket, actor)
    finally:
        if is_attending:
            went = live.presence.gone(space.id, you.id, socket, live.now_s)
            await asyncio.shield(live.attendance.settle(went))


async def _hello(websocket: WebSocket) -> Hello:
    try:
        async with asyncio.timeout(HELLO_S):
            message = await _receive(websocket)
    except TimeoutError:
        raise _RefusedError(protocol.CLOSE_BAD_MESSAGE, "No hello came.") from None
    if not isinstance(message, Hello):
        raise _RefusedError(protocol.CLOSE_BAD_MESSAGE, "The first message is hello.")
    return message


async def _receive(websocket: WebSocket) -> protocol.ClientMessage:
    received = await websocket.receive()
    if received["type"] != "websocket.receive":
        raise WebSocketDisconnect(received.get("code", 1006))
    text = received.get("text")
    try:
        if text is None:
            raise BadMessageError("Messages are text.")
        return protocol.parse(text)
    except BadMessageError as error:
        raise _RefusedError(protocol.CLOSE_BAD_MESSAGE, str(error)) from None


async def _begin(live: Live, socket: Socket, hello: Hello, space: Space, you: Participant) -> None:
    """The snapshot, or what was missed; then whatever happened while that was made."""
    missed = None
    if hello.after is not None and 0 <= space.seq - hello.after <= MAX_MISSED:
        missed = await actions.missed_events(live.kit, space.id, hello.after, space.seq)
    if missed is None or protocol.changes_view(missed, you.id):
        socket.send(live.hub.snapshot(space, you), live.now_s)
    else:
        socket.send(protocol.resumed(space.seq), live.now_s)
        is_steward = space.is_steward(you)
        for stored in missed:
            if protocol.may_see(stored, you.id, is_steward=is_steward):
                socket.send(protocol.event(stored), live.now_s)
        for text in live.hub.surroundings(space, you):
            socket.send(text, live.now_s)
    live.hub.admit(socket, space, you, live.now_s)


async def _talk(websocket: WebSocket, live: Live, socket: Socket, actor: Actor) -> None:
    """Reads in one task and writes in the other; whichever ends first ends both."""
    reading = asyncio.create_task(_read(websocket, live, socket, actor))
    writing = asyncio.create_task(_write(websocket, socket))
    cut = asyncio.create_task(socket.cut.wait())
    try:
        await asyncio.wait([reading, writing, cut], return_when=asyncio.FIRST_COMPLETED)
        # A refused message is answered after what was sent before it.
        if reading.done() and isinstance(error := reading.exception(), _RefusedError) and not writing.done():
            socket.close(error.closing.code, error.closing.reason)
            await asyncio.wait([writing], timeout=CLOSE_S)
    finally:
        for task in (reading, writing, cut):
            task.cancel()
        await asyncio.wait([reading, writing, cut])
    if socket.closing is not None:
        await _close(websocket, socket.closing)
    for task in (reading, writing):
        if not task.cancelled() and (failure := task.exception()) and not isinstance(failure, _RefusedError):
            raise failure


async def _write(websocket: WebSocket, socket: Socket) -> None:
    while (text := await socket.next_text()) is not None:
        await websocket.send_text(text)
        socket.sent()


async def _read(websocket: WebSocket, live: Live, socket: Socket, actor: Actor) -> None:
    allowance, counted_at_s = float(COMMANDS_BURST), live.now_s
    while True:
        message = await _receive(websocket)
        socket.last_heard_s = live.now_s
        match message:
            case Pong():
                pass
            case Hello():
                raise _RefusedError(protocol.CLOSE_BAD_MESSAGE, "Hello comes once.")
            case CommandMessage():
                earned = (live.now_s - counted_at_s) * COMMANDS_PER_S
                allowance, counted_at_s = min(COMMANDS_BURST, allowance + earned) - 1, live.now_s
                if allowance < 0:
                    allowance = 0.0
                    socket.send(protocol.refused(message.id, TooManyRequestsError()), live.now_s)
                else:
                    await _command(live, socket, actor, message)


async def _command(live: Live, socket: Socket, actor: Actor, message: CommandMessage) -> None:
    try:
        await actions.carry_out(live.kit, actor, socket.space_id, message.command)
    except VoxhallError as error:
        socket.send(protocol.refused(message.id, error), live.now_s)
        return
    you = socket.participant
    if isinstance(message.command, Leave) and you is not None:
        await live.bridge.close_participant(socket.space_id, you.id)
        socket.send(protocol.ok(message.id), live.now_s)
        live.hub.close_participant(socket.space_id, you.id, protocol.CLOSE_LEFT, "You left.")
        return
    socket.send(protocol.ok(message.id), live.now_s)


async def _close(websocket: WebSocket, closing: Closing) -> None:
    with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            await websocket.close(closing.code, protocol.close_reason(closing.reason))
