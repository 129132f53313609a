"""Everything that is alive while the server runs, in one value, and the beat that keeps it so.

The clock is handed in and `tick` may be called by hand: whatever happens after some time happens in there.
"""

import structlog

from voxhall.accounts.admission import actions as admission
from voxhall.accounts.admission.model import AudioStoppedError, SettingsChanged
from voxhall.errors import JsonObject, VoxhallError
from voxhall.kit import Kit
from voxhall.kit.disk import DiskState, Reserve, disk_state
from voxhall.kit.link import Link, LinkHandler
from voxhall.live import protocol
from voxhall.live.attendance import Attendance
from voxhall.live.hub import Hub
from voxhall.live.media_bridge import LISTENER, MediaBridge
from voxhall.live.presence import Presence
from voxhall.live.protocol import MediaState, Surroundings
from voxhall.live.recorder import Recorder
from voxhall.live.shutting_out import ShuttingOut
from voxhall.spaces import actions
from voxhall.spaces.actions import SpaceChanged
from voxhall.spaces.model import Participant, ParticipantId, Space, SpaceId, SpaceState
from voxhall.spaces.series import actions as series
from voxhall.tips.model import TipJarChanged

log = structlog.get_logger()

# Four looks a second: a lost speaker goes off the stage a quarter of a second late at most, and an idle server sleeps.
TICK_S = 0.25
# Phones drop a mapping that carried nothing for 30 s; three pings fit into that.
PING_EVERY_S = 10.0
SILENCE_LIMIT_S = 30.0
AUDIENCE_EVERY_S = 1.0
# Who came to listen is written down so often at most, all in one transaction. More often, and in a rush these are
# a good part of what joins cost; less often, and a host looks longer for somebody in the list.
KEEP_EVERY_S = 1.0
# Looking more often would end no space noticeably earlier. The first look waits until everybody could have come back.
QUIET_LOOK_EVERY_S = 60.0
# A busy disk fills by a percent in minutes; looking costs microseconds.
DISK_EVERY_S = 2.0


class Live:
    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.presence = Presence()
        self.hub = Hub(kit.settings.address, self._surroundings)
        self.bridge = MediaBridge(self.presence, kit.clock.monotonic_s)
        self.reserve = Reserve(kit.settings.run_folder / "reserve")
        self.recorder = Recorder(kit, self.bridge, self.reserve)
        self.attendance = Attendance(kit, self.presence)
        self.shutting_out = ShuttingOut(self)
        # How often somebody was removed or shut out, or a space ended: what was opened across it is looked at again.
        self.revocations = 0
        # Of which the keys are made by which a host removes whom they may not know; another with every start.
        self.hiding_secret = kit.ids.secret().encode()
        # Exactly those that the database calls live: every change comes by here right after its commit.
        self._live_spaces: set[SpaceId] = set()
        # Those of them that are open to whoever comes.
        self._open_spaces: set[SpaceId] = set()
        self._told: dict[SpaceId, tuple[int, float]] = {}
        self._shown_early: set[SpaceId] = set()
        now_s = kit.clock.monotonic_s()
        self._pinged_at_s = now_s
        self._looked_at_s = now_s
        self._kept_at_s = now_s - KEEP_EVERY_S
        self._disk = disk_state(kit.settings.data)
        self._disk_looked_at_s = now_s
        if self._disk is DiskState.OK:
            self.reserve.keep()
        # The operator's kill switch: no sound comes in or goes out.
        self.is_audio_stopped = False
        # Whose pages were last told that their sound is gone.
        self._silent: set[SpaceId] = set()
        # From whom nothing comes at the moment, as the pages of a space were told last.
        self._interrupted: dict[SpaceId, frozenset[ParticipantId]] = {}
        self._unsubscribe = (
            kit.events.subscribe(SpaceChanged, self._on_changed),
            kit.events.subscribe(SpaceChanged, self._put_in_force, key=lambda one: one.space_id),
            kit.events.subscribe(SettingsChanged, self._on_settings, key=lambda _one: None),
            kit.events.subscribe(TipJarChanged, self._on_tip_jar, key=lambda one: one.user_id),
        )
        kit.link.accept("media", lambda _link: NodeHandler(self))

    @property
    def media_ready(self) -> bool:
        return self.bridge.is_ready

    @property
    def live_spaces(self) -> frozenset[SpaceId]:
        return frozenset(self._live_spaces)

    def is_live(self, space_id: SpaceId) -> bool:
        return space_id in self._live_spaces

    def is_open(self, space_id: SpaceId) -> bool:
        """Live, and nothing needs to be known of who comes to listen."""
        return space_id in self._open_spaces

    def require_audio(self) -> None:
        if self.is_audio_stopped:
            raise AudioStoppedError(headers={"retry-after": "60"})

    @property
    def now_s(self) -> float:
        return self.kit.clock.monotonic_s()

    def _surroundings(self, space_id: SpaceId) -> Surroundings:
        return Surroundings(
            self._shown_count(space_id),
            self.bridge.media_state(space_id),
            self._interrupted.get(space_id, frozenset()),
            self._disk,
        )

    def _shown_count(self, space_id: SpaceId) -> int:
        """For a snapshot, which may fall between two tellings. Everybody is then told once more, or a count that was
        true for half a second would stay on that page."""
        count = self.presence.listener_count(space_id)
        if count != self._told.get(space_id, (0, 0.0))[0]:
            self._shown_early.add(space_id)
        return count

    async def restore(self) -> None:
        """After a start: everybody who stands on a stage has the grace to come back."""
        self.is_audio_stopped = not (await admission.current_settings(self.kit)).live_audio
        for space in await actions.live_spaces(self.kit):
            self._note_state(space)
            self.presence.follow(space, self.now_s)
            # Whoever listened before is counted anew; until then the lists show what they showed.
            self._told[space.id] = (space.listener_count, self.now_s)

    def close(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self.attendance.close()
        self.shutting_out.close()

    async def tick(self) -> None:
        now_s = self.now_s
        self._watch_sockets(now_s)
        # Before all that writes: a full disk is told even if nothing can be written.
        self._watch_disk(now_s)
        for went in self.bridge.take_peers_of_lost_nodes():
            await self.attendance.settle(went)
        await self._keep_strangers(now_s)
        for link in self.bridge.take_doubtful():
            await self._ask_for_report(link)
        await self.recorder.tick()
        await self.attendance.give_up(now_s)
        self.tell_media()
        self.tell_interrupted()
        await self._tell_audiences(now_s)
        if now_s - self._looked_at_s >= QUIET_LOOK_EVERY_S:
            self._looked_at_s = now_s
            await actions.end_quiet_spaces(self.kit)
            await actions.cancel_overdue_spaces(self.kit)
            await series.plan_ahead(self.kit)

    async def reconcile(self, link: Link, report: JsonObject, known_before: frozenset[str]) -> None:
        """Put a node right by what the spaces say, and the presence by what the node says."""
        participants, news = self.bridge.begin_report(link, report, known_before)
        # Whoever was shut out while the node was away is not known here any more: who still is may go on, and costs no
        # look into the database. There may be ten thousand of them, and nobody joins before all are gone through.
        ids = [str(peer["peer"]) for _, _, peers in participants for peer in peers]
        await self.bridge.confirm(link, known_before.intersection(ids))
        for one in news:
            await self.attendance.settle(one)
        for space_id, participant_id, peers in participants:
            if all(peer["peer"] in known_before and peer["kind"] == LISTENER for peer in peers):
                for came in self.bridge.count_in(space_id, participant_id, peers):
                    await self.attendance.settle(came)
                continue
            space = await actions.find_space(self.kit, space_id)
            participant = await actions.find_participant(self.kit, space_id, participant_id)
            if participant is not None and not await actions.may_access(self.kit, space_id, participant.person.id):
                space = None
            if self.is_audio_stopped:
                space = None
            for came in await self.bridge.put_right(space, participant, peers):
                await self.attendance.settle(came)
            strangers = [str(peer["peer"]) for peer in peers if peer["peer"] not in known_before]
            await self.bridge.confirm(link, strangers)
        self.bridge.end_report(link)
        self.tell_media()
        await self.recorder.reported(report)

    async def _ask_for_report(self, link: Link) -> None:
        known_before = self.bridge.known_on(link)
        try:
            report = await link.call("report", {})
        except VoxhallError as error:
            log.warning("media_node_silent", reason=error.code)
            self.bridge.doubt(link)
            return
        await self.reconcile(link, report, known_before)

    async def _keep_strangers(self, now_s: float) -> None:
        """All of the last moment in one transaction."""
        connected = self.bridge.connected_strangers()
        if not connected or now_s - self._kept_at_s < KEEP_EVERY_S:
            return
        self._kept_at_s = now_s
        people: dict[SpaceId, list[Participant]] = {}
        for peer in connected:
            if peer.stranger is not None and self.is_live(peer.space_id):
                people.setdefault(peer.space_id, []).append(peer.stranger)
        if people:
            await actions.keep_strangers(self.kit, people)
        self.bridge.kept(connected)

    def _on_changed(self, changed: SpaceChanged) -> None:
        if changed.space.state in {SpaceState.LIVE, SpaceState.SCHEDULED}:
            self.presence.follow(changed.space, self.now_s)
        else:
            self.presence.end(changed.space_id)
        is_live = self._note_state(changed.space)
        self.revocations += not is_live or any(one.name == "participant_removed" for one in changed.events)
        self.hub.tell(changed, self.now_s)

    async def _put_in_force(self, changed: SpaceChanged) -> None:
        """In the node, before whoever gave the command is answered."""
        if changed.before.state is SpaceState.LIVE and changed.space.state is not SpaceState.LIVE:
            await self.recorder.finish(changed)
        await self.bridge.on_changed(changed)
        await self.recorder.on_changed(changed)

    async def _on_settings(self, changed: SettingsChanged) -> None:
        """The spaces stay, with their stages and their pages; whoever is connected with sound alone has gone."""
        self.is_audio_stopped = not changed.settings.live_audio
        if not self.is_audio_stopped:
            return
        self.revocations += 1
        for space_id in list(self._live_spaces):
            for peer in self.bridge.peers_in(space_id):
                await self.attendance.settle(await self.bridge.close(peer))

    async def _on_tip_jar(self, changed: TipJarChanged) -> None:
        """Whoever hears this person is told that the addresses are not those of a moment ago."""
        for space_id, participant_id in await actions.stages_of(self.kit, changed.user_id):
            self.hub.tell_tip_jar(space_id, participant_id, self.now_s)

    def _note_state(self, space: Space) -> bool:
        is_live = space.state is SpaceState.LIVE
        (self._live_spaces.add if is_live else self._live_spaces.discard)(space.id)
        is_open = is_live and space.who_may_listen.is_open
        (self._open_spaces.add if is_open else self._open_spaces.discard)(space.id)
        return is_live

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

    def tell_media(self) -> None:
        """To the pages of each space whose node is gone, or back."""
        watched = set(self.hub.spaces())
        self._silent &= watched
        for space_id in watched:
            state = self.bridge.media_state(space_id)
            if (state is MediaState.LOST) != (space_id in self._silent):
                (self._silent.add if state is MediaState.LOST else self._silent.discard)(space_id)
                self.hub.tell_media(space_id, state, self.now_s)

    def tell_interrupted(self) -> None:
        """To the pages of each space in which somebody's sound broke off, or goes on."""
        told, self._interrupted = self._interrupted, self.bridge.interrupted()
        for space_id in told.keys() | self._interrupted.keys():
            now = self._interrupted.get(space_id, frozenset())
            if now != told.get(space_id, frozenset()):
                self.hub.tell_interrupted(space_id, now, self.now_s)

    def _watch_disk(self, now_s: float) -> None:
        if now_s - self._disk_looked_at_s < DISK_EVERY_S:
            return
        self._disk_looked_at_s = now_s
        state = disk_state(self.kit.settings.data)
        if state is DiskState.OK:
            self.reserve.keep()
        if state is not self._disk:
            self._disk = state
            log.warning("disk_state", state=state.value)
            self.hub.tell_disk(state, now_s)

    async def _tell_audiences(self, now_s: float) -> None:
        changed: dict[SpaceId, int] = {}
        present = set(self.presence.spaces())
        for space_id in present | self._told.keys():
            count = self.presence.listener_count(space_id)
            told, told_at_s = self._told.get(space_id, (0, now_s - AUDIENCE_EVERY_S))
            is_due = count != told or space_id in self._shown_early
            if is_due and now_s - told_at_s >= AUDIENCE_EVERY_S:
                self._told[space_id] = (count, now_s)
                self._shown_early.discard(space_id)
                changed[space_id] = count
            elif count == told and space_id not in present:
                del self._told[space_id]
                self._shown_early.discard(space_id)
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
        elif not await self._live.recorder.tape_event(name, data):
            news = self._live.bridge.peer_event(name, data)
            self._live.tell_interrupted()
            await self._live.attendance.settle(news)

    async def lost(self, link: Link) -> None:
        self._live.bridge.node_lost(link)
        self._live.tell_media()
