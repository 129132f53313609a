"""Fan-out to the open sockets: every message is made once and put into each socket's bounded queue.

A socket is registered before its snapshot is made and holds back what happens meanwhile, so no event is lost or doubled
between the two. A reader that falls behind is cut off rather than waited for.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from voxhall.kit.disk import DiskState
from voxhall.live import protocol
from voxhall.live.protocol import MediaState, Surroundings
from voxhall.spaces.actions import SpaceChanged
from voxhall.spaces.model import Participant, ParticipantId, Person, Space, SpaceId

# A snapshot of a full stage is 6 KiB and an event 300 bytes: whoever is this far behind does not read at all.
MAX_QUEUED_BYTES = 1024 * 1024
MAX_QUEUED_S = 10.0


@dataclass(frozen=True, slots=True)
class Closing:
    code: int
    reason: str


@dataclass(eq=False, slots=True)
class Socket:
    """What one open socket has still to be sent. Whoever owns the connection takes from it with `next_text`."""

    space_id: SpaceId
    last_heard_s: float
    participant: Participant | None = None
    is_steward: bool = False
    seq: int = 0
    closing: Closing | None = None
    # Set when nobody reads any more, so that even a blocked writer is let go.
    cut: asyncio.Event = field(default_factory=asyncio.Event)
    _held: list[SpaceChanged] = field(default_factory=list)
    _queue: deque[tuple[str, int, float]] = field(default_factory=deque)
    _queued_bytes: int = 0
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, text: str, now_s: float) -> None:
        if self.closing is not None:
            return
        size = len(text)
        self._queued_bytes += size
        if self._queued_bytes > MAX_QUEUED_BYTES:
            self.cut_off()
            return
        self._queue.append((text, size, now_s))
        self._wake.set()

    def close(self, code: int, reason: str) -> None:
        """After what is queued has been sent."""
        if self.closing is None:
            self.closing = Closing(code, reason)
            self._wake.set()

    def cut_off(self) -> None:
        """Now: nobody is reading."""
        self.close(protocol.CLOSE_TOO_SLOW, "You read too slowly.")
        self._queue.clear()
        self.cut.set()

    def is_behind(self, now_s: float) -> bool:
        return bool(self._queue) and now_s - self._queue[0][2] > MAX_QUEUED_S

    async def next_text(self) -> str | None:
        """None: close now, as `closing` says. Until it is called again, the last text counts as queued."""
        while not self._queue:
            if self.closing is not None:
                return None
            self._wake.clear()
            await self._wake.wait()
        return self._queue[0][0]

    def sent(self) -> None:
        if self._queue:
            self._queued_bytes -= self._queue.popleft()[1]

    def hold(self, changed: SpaceChanged) -> None:
        self._held.append(changed)

    def release(self) -> list[SpaceChanged]:
        held, self._held = self._held, []
        return held


class Hub:
    def __init__(self, address: str, surroundings: Callable[[SpaceId], Surroundings]) -> None:
        self._address, self._surroundings = address, surroundings
        self._sockets: dict[SpaceId, set[Socket]] = {}
        self._empty = asyncio.Event()

    @property
    def open_sockets(self) -> int:
        return sum(map(len, self._sockets.values()))

    def open(self, space_id: SpaceId, now_s: float) -> Socket:
        socket = Socket(space_id, now_s)
        self._sockets.setdefault(space_id, set()).add(socket)
        return socket

    def admit(self, socket: Socket, space: Space, participant: Participant, now_s: float) -> None:
        """The socket holds the state of `space` from here on; what came after it follows."""
        socket.participant, socket.seq = participant, space.seq
        socket.is_steward = space.is_steward(participant)
        for changed in socket.release():
            texts = [protocol.event(stored) for stored in changed.events]
            self._deliver(socket, changed, texts, now_s)

    def discard(self, socket: Socket) -> None:
        sockets = self._sockets.get(socket.space_id, set())
        sockets.discard(socket)
        if not sockets:
            self._sockets.pop(socket.space_id, None)
        if not self._sockets:
            self._empty.set()

    async def wait_until_empty(self) -> None:
        while self._sockets:
            self._empty.clear()
            await self._empty.wait()

    def sockets(self) -> list[Socket]:
        return [socket for sockets in self._sockets.values() for socket in sockets]

    def tell(self, changed: SpaceChanged, now_s: float) -> None:
        sockets = self._sockets.get(changed.space_id)
        if not sockets:
            return
        texts = [protocol.event(stored) for stored in changed.events]
        for socket in sockets:
            if socket.participant is None:
                socket.hold(changed)
            else:
                self._deliver(socket, changed, texts, now_s)

    def tell_audience(self, space_id: SpaceId, listener_count: int, now_s: float) -> None:
        self._tell_admitted(space_id, protocol.audience(listener_count), now_s)

    def tell_media(self, space_id: SpaceId, state: MediaState, now_s: float) -> None:
        self._tell_admitted(space_id, protocol.media(state), now_s)

    def tell_interrupted(self, space_id: SpaceId, participant_ids: Collection[ParticipantId], now_s: float) -> None:
        self._tell_admitted(space_id, protocol.interrupted(participant_ids), now_s)

    def tell_tip_jar(self, space_id: SpaceId, participant_id: ParticipantId, now_s: float) -> None:
        text = protocol.tip_jar_changed(participant_id)
        for socket in self._sockets.get(space_id, ()):
            if socket.participant is not None:
                socket.send(text, now_s)

    def tell_disk(self, state: DiskState, now_s: float) -> None:
        text = protocol.disk(state)
        for socket in self.sockets():
            if socket.participant is not None and socket.is_steward:
                socket.send(text, now_s)

    def _tell_admitted(self, space_id: SpaceId, text: str, now_s: float) -> None:
        for socket in self._sockets.get(space_id, ()):
            if socket.participant is not None:
                socket.send(text, now_s)

    def close_participant(self, space_id: SpaceId, participant_id: ParticipantId, code: int, reason: str) -> None:
        for socket in self._sockets.get(space_id, ()):
            if socket.participant is not None and socket.participant.id == participant_id:
                socket.close(code, reason)

    def close_all(self, code: int, reason: str) -> None:
        for socket in self.sockets():
            socket.close(code, reason)

    def spaces(self) -> list[SpaceId]:
        return list(self._sockets)

    def surroundings(self, space: Space, you: Participant) -> list[str]:
        """What a socket that resumes is told besides the events it missed."""
        around = self._surroundings(space.id)
        told = [
            protocol.audience(around.listener_count),
            protocol.media(around.media),
            protocol.interrupted(around.interrupted),
        ]
        return [*told, protocol.disk(around.disk)] if space.is_steward(you) else told

    def snapshot(self, space: Space, you: Participant) -> str:
        host = space.participant_of(space.host_id)
        host_person = host.person if host else Person(space.host_id, None, "")
        return protocol.snapshot(space, host_person, you, self._surroundings(space.id), self._address)

    def _deliver(self, socket: Socket, changed: SpaceChanged, texts: list[str], now_s: float) -> None:
        you = socket.participant
        if you is None or changed.space.seq <= socket.seq:
            return
        # Who becomes co-host sees from here on what stewards see; who ceases to be one no longer does.
        you = changed.space.people.get(you.id, you)
        was_steward, is_steward = socket.is_steward, changed.space.is_steward(you)
        for stored, text in zip(changed.events, texts, strict=True):
            sees_all = was_steward and is_steward
            if stored.seq > socket.seq and protocol.may_see(stored, you.id, is_steward=sees_all):
                socket.send(text, now_s)
        socket.participant, socket.seq, socket.is_steward = you, changed.space.seq, is_steward
        if was_steward != is_steward:
            socket.send(self.snapshot(changed.space, you), now_s)
        if any(one.name == "participant_removed" and one.participant_id == you.id for one in changed.events):
            socket.close(protocol.CLOSE_REMOVED, "You were removed from this space.")
