"""Everything that is alive while the server runs, in one value, and the beat that keeps it so.

The clock is handed in and `tick` may be called by hand: whatever happens after some time happens in there.
"""

import asyncio

import structlog

from voxhall.errors import JsonObject, VoxhallError
from voxhall.kit import Kit
from voxhall.kit.link import Link, LinkHandler
from voxhall.live import protocol
from voxhall.live.attendance import Attendance
from voxhall.live.hub import Hub
from voxhall.live.media_bridge import MediaBridge
from voxhall.live.presence import Presence
from voxhall.spaces import actions
from voxhall.spaces.actions import SpaceChanged
from voxhall.spaces.model import SpaceId, SpaceState

log = structlog.get_logger()

# Four looks a second: a lost speaker goes off the stage a quarter of a second late at most, and an idle server sleeps.
TICK_S = 0.25
# Phones drop a mapping that carried nothing for 30 s; three pings fit into that.
PING_EVERY_S = 10.0
SILENCE_LIMIT_S = 30.0
AUDIENCE_EVERY_S = 1.0
# Looking more often would end no space noticeably earlier. The first look waits until everybody could have come back.
QUIET_LOOK_EVERY_S = 60.0


class Live:
    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.presence = Presence()
        self.hub = Hub(kit.settings.address)
        self.bridge = MediaBridge(self.presence, kit.clock.monotonic_s)
        self.attendance = Attendance(kit, self.presence)
        # How often somebody was removed, or a space ended: what was opened across one of these is looked at again.
        self.revocations = 0
        self._told: dict[SpaceId, tuple[int, float]] = {}
        now_s = kit.clock.monotonic_s()
        self._pinged_at_s = now_s
        self._looked_at_s = now_s
        self._unsubscribe = (
            kit.events.subscribe(SpaceChanged, self._on_changed),
            kit.events.subscribe(SpaceChanged, self.bridge.on_changed, key=lambda one: one.space_id),
        )
        kit.link.accept("media", lambda _link: NodeHandler(self))

    @property
    def media_ready(self) -> bool:
        return self.bridge.is_ready

    @property
    def now_s(self) -> float:
        return self.kit.clock.monotonic_s()

    async def restore(self) -> None:
        """After a start: everybody who stands on a stage has the grace to come back."""
        for space in await actions.live_spaces(self.kit):
            self.presence.follow(space, self.now_s)
            # Whoever listened before is counted anew; until then the lists show what they showed.
            self._told[space.id] = (space.listener_count, self.now_s)

    def close(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self.attendance.close()

    async def run(self) -> None:
        while True:
            try:
                await self.tick()
            except Exception:
                log.exception("live_tick_failed")
            await asyncio.sleep(TICK_S)

    async def tick(self) -> None:
        now_s = self.now_s
        self._watch_sockets(now_s)
        for went in self.bridge.take_peers_of_lost_nodes():
            await self.attendance.settle(went)
        for link in self.bridge.take_doubtful():
            await self._ask_for_report(link)
        await self.attendance.give_up(now_s)
        await self._tell_audiences(now_s)
        if now_s - self._looked_at_s >= QUIET_LOOK_EVERY_S:
            self._looked_at_s = now_s
            await actions.end_quiet_spaces(self.kit)

    async def reconcile(self, link: Link, report: JsonObject, known_before: frozenset[str]) -> None:
        """Put a node right by what the spaces say, and the presence by what the node says."""
        participants, news = self.bridge.begin_report(link, report, known_before)
        for one in news:
            await self.attendance.settle(one)
        for space_id, participant_id, peers in participants:
            space = await actions.find_space(self.kit, space_id)
            participant = await actions.find_participant(self.kit, space_id, participant_id)
            for came in await self.bridge.put_right(space, participant, peers, link):
                await self.attendance.settle(came)
        self.bridge.end_report(link)

    async def _ask_for_report(self, link: Link) -> None:
        known_before = self.bridge.known_on(link)
        try:
            report = await link.call("report", {})
        except VoxhallError as error:
            log.warning("media_node_silent", reason=error.code)
            self.bridge.doubt(link)
            return
        await self.reconcile(link, report, known_before)

    def _on_changed(self, changed: SpaceChanged) -> None:
        if changed.space.state in {SpaceState.LIVE, SpaceState.SCHEDULED}:
            self.presence.follow(changed.space, self.now_s)
        else:
            self.presence.end(changed.space_id)
        is_over = changed.space.state is not SpaceState.LIVE
        self.revocations += is_over or any(one.name == "participant_removed" for one in changed.events)
        self.hub.tell(changed, self.now_s, self.presence.listener_count(changed.space_id))

    def _watch_sockets(self, now_s: float) -> None:
        is_ping_due = now_s - self._pinged_at_s >= PING_EVERY_S
        for socket in self.hub.sockets():
            if socket.is_behind(now_s):
                socket.cut_off()
            elif now_s - socket.last_heard_s > SILENCE_LIMIT_S:
                socket.close(protocol.CLOSE_TOO_SLOW, "Nothing was heard for 30 s.")
            elif is_ping_due and socket.participant is not None:
                socket.send(protocol.PING, now_s)
        if is_ping_due:
            self._pinged_at_s = now_s

    async def _tell_audiences(self, now_s: float) -> None:
        changed: dict[SpaceId, int] = {}
        present = set(self.presence.spaces())
        for space_id in present | self._told.keys():
            count = self.presence.listener_count(space_id)
            told, told_at_s = self._told.get(space_id, (0, now_s - AUDIENCE_EVERY_S))
            if count != told and now_s - told_at_s >= AUDIENCE_EVERY_S:
                self._told[space_id] = (count, now_s)
                changed[space_id] = count
            elif count == told and space_id not in present:
                del self._told[space_id]
        if changed:
            # First for those who ask, then to those who are told: who is told and asks hears the same.
            await actions.save_listener_counts(self.kit, changed)
        for space_id, count in changed.items():
            self.hub.tell_audience(space_id, count, now_s)


class NodeHandler(LinkHandler):
    """One media node, from its hello to its loss."""

    def __init__(self, live: Live) -> None:
        self._live = live

    async def event(self, link: Link, name: str, data: JsonObject) -> None:
        if name == "report":
            await self._live.reconcile(link, data, self._live.bridge.known_on(link))
        else:
            await self._live.attendance.settle(self._live.bridge.peer_event(name, data))

    async def lost(self, link: Link) -> None:
        self._live.bridge.node_lost(link)
