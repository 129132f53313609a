"""Tells the media node what to write of each live space, and the space what becomes of it.

The space says what is wanted, the node's `record` call is repeated until it is so, and the node's log says up to which
event it knows: whatever is newer is sent after it. So every kind of death is the same case: whoever comes up again is
brought to what the space says.
"""

import asyncio
from collections import defaultdict
from contextlib import suppress

import structlog

from voxhall.errors import (
    DiskFullError,
    JsonObject,
    JsonValue,
    LinkDownError,
    LinkTimeoutError,
    RemoteError,
    VoxhallError,
)
from voxhall.kit import Kit
from voxhall.kit.clock import to_wire
from voxhall.kit.disk import Reserve
from voxhall.live.media_bridge import MediaBridge, items_of
from voxhall.spaces import actions
from voxhall.spaces.actions import SpaceChanged
from voxhall.spaces.model import Recording, RecordingProblem, Space, SpaceId, SpaceState
from voxhall.spaces.model.commands import HaltTape, ResumeTape, ServerCommand
from voxhall.tape.news import TapeDamaged, TapeFinished, TapeStarted

log = structlog.get_logger()

# The node waits for its disk before it answers; one that needs longer is taken to have failed and is asked again.
DISK_TIMEOUT_S = 5.0
# A disk without room is asked again this often: within it, recording begins when there is some.
ASK_AGAIN_S = 3.0
# The end waits for the last note no longer than this: then the sound stops, and the log ends a line early.
LAST_NOTE_S = 1.0
# 500 events are at most 500 kB, an eighth of what a line of the link takes.
EVENTS_AT_ONCE = 500


class Recorder:
    def __init__(self, kit: Kit, bridge: MediaBridge, reserve: Reserve) -> None:
        self._kit, self._bridge, self._reserve = kit, bridge, reserve
        # Spaces of which no node is known to do what they want.
        self._due: set[SpaceId] = set()
        # Those whose wish a node's disk refused, and those whose open tape it could not go on with.
        self._refused: set[SpaceId] = set()
        self._stopped: set[SpaceId] = set()
        # What a space could not be told yet, because the database had no room for it either.
        self._untold: dict[SpaceId, ServerCommand] = {}
        self._asked_again_at_s = kit.clock.monotonic_s()
        # Of each tape that is open: the last event its log is known to have. Not there: nothing is to be noted.
        self._noted: dict[SpaceId, int] = {}
        self._newest: dict[SpaceId, int] = {}
        self._one_at_a_time: defaultdict[SpaceId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def on_changed(self, changed: SpaceChanged) -> None:
        """What is recorded is so before whoever asked for it is answered; what is noted may take a moment."""
        space = changed.space
        if space.state is not SpaceState.LIVE:
            return
        self._newest[space.id] = space.seq
        if _mode(changed.before) != _mode(space):
            self._due.add(space.id)
            await self._record(space.id)

    async def finish(self, changed: SpaceChanged) -> None:
        """The last that the log is told, before the node closes the tape with the space."""
        space_id = changed.space_id
        self._due.discard(space_id)
        self._refused.discard(space_id)
        self._stopped.discard(space_id)
        self._newest[space_id] = changed.space.seq
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_NOTE_S):
                await self._note(space_id)
        self._noted.pop(space_id, None)
        self._newest.pop(space_id, None)
        self._one_at_a_time.pop(space_id, None)

    async def reported(self, report: JsonObject) -> None:
        """A node has come, or come back: it goes on with what it had, and closes what is over."""
        spaces = {SpaceId(str(one["space"])): one for one in items_of(report, "spaces")}
        live = {space.id for space in await actions.live_spaces(self._kit)}
        for space_id in spaces.keys() - live:
            await self._bridge.close_space(space_id)
        for space_id in live:
            recording = spaces.get(space_id, {}).get("recording")
            stopped = recording.get("stopped") if isinstance(recording, dict) else None
            await self._note_stopped(space_id, str(stopped) if stopped else None)
        self._due |= live
        await self.tick()

    async def tick(self) -> None:
        now_s = self._kit.clock.monotonic_s()
        if now_s - self._asked_again_at_s >= ASK_AGAIN_S:
            self._asked_again_at_s = now_s
            self._due |= self._refused
        for space_id, command in list(self._untold.items()):
            await self._tell(space_id, command)
        for space_id in list(self._due):
            await self._record(space_id)
        for space_id, newest in list(self._newest.items()):
            if self._noted.get(space_id, newest) < newest:
                await self._note(space_id)

    async def tape_event(self, name: str, data: JsonObject) -> bool:
        """What a node says of a tape; False if it is about something else."""
        space_id = SpaceId(str(data.get("space")))
        reason = str(data.get("reason"))
        match name:
            case "tape_finished":
                duration_ms = int(str(data.get("duration_ms")))
                await self._kit.events.publish(TapeFinished(space_id, duration_ms))
            case "tape_damaged":
                log.error("tape_damaged", space=space_id, reason=reason)
                await self._kit.events.publish(TapeDamaged(space_id, reason))
            case "tape_stopped":
                log.error("tape_stopped", space=space_id, reason=reason)
                await self._note_stopped(space_id, reason)
            case "tape_resumed":
                self._stopped.discard(space_id)
                await self._tell(space_id, ResumeTape())
            case _:
                return False
        return True

    async def _record(self, space_id: SpaceId) -> None:
        news: ServerCommand | None = None
        async with self._one_at_a_time[space_id]:
            space = await actions.find_space(self._kit, space_id)
            if space is None or space.state is not SpaceState.LIVE:
                self._due.discard(space_id)
                return
            mode = _mode(space)
            try:
                link = self._bridge.link_for(space_id)
                place = await link.call("record", {"space": space_id, "mode": mode}, timeout_s=DISK_TIMEOUT_S)
            except (LinkDownError, LinkTimeoutError):
                # Due as before: the next node that reports, or the next tick.
                return
            except RemoteError as refusal:
                self._due.discard(space_id)
                self._noted.pop(space_id, None)
                log.warning("recording_refused", space=space_id, mode=mode, reason=refusal.code)
                if mode == "ring":
                    return
                self._refused.add(space_id)
                news = HaltTape(_problem(refusal.code))
            else:
                self._due.discard(space_id)
                self._refused.discard(space_id)
                last_seq = place.get("last_seq")
                if mode == "ring":
                    self._noted.pop(space_id, None)
                    return
                self._noted[space_id] = last_seq if isinstance(last_seq, int) else 0
                self._newest[space_id] = max(space.seq, self._newest.get(space_id, 0))
                if space.recording_problem is not None and space_id not in self._stopped:
                    news = ResumeTape()
        if news is None or isinstance(news, ResumeTape):
            await self._kit.events.publish(TapeStarted(space_id))
        if news is not None:
            await self._tell(space_id, news)

    async def _note(self, space_id: SpaceId) -> None:
        async with self._one_at_a_time[space_id]:
            noted, newest = self._noted.get(space_id), self._newest.get(space_id, 0)
            if noted is None or noted >= newest:
                return
            missed = await actions.missed_events(self._kit, space_id, noted, newest)
            # What only the host and the co-hosts see is not for whoever hears the recording.
            public = [one for one in missed if not one.for_stewards]
            try:
                link = self._bridge.link_for(space_id)
                for at in range(0, len(public), EVENTS_AT_ONCE):
                    events: list[JsonValue] = [
                        {"seq": one.seq, "wall": to_wire(one.at), "name": one.name, "data": one.data}
                        for one in public[at : at + EVENTS_AT_ONCE]
                    ]
                    await link.call("note", {"space": space_id, "events": events}, timeout_s=DISK_TIMEOUT_S)
            except VoxhallError as error:
                log.warning("events_not_noted", space=space_id, reason=error.code)
                self._noted.pop(space_id, None)
                self._due.add(space_id)
                return
            self._noted[space_id] = newest

    async def _note_stopped(self, space_id: SpaceId, reason: str | None) -> None:
        if reason is None:
            self._stopped.discard(space_id)
            return
        self._stopped.add(space_id)
        if reason == DiskFullError.code:
            self._reserve.give_up()
        await self._tell(space_id, HaltTape(_problem(reason)))

    async def _tell(self, space_id: SpaceId, command: ServerCommand) -> None:
        self._untold[space_id] = command
        try:
            await actions.carry_out_for_server(self._kit, space_id, command)
        except VoxhallError as error:
            log.warning("recording_problem_not_noted", space=space_id, reason=error.code)
            return
        except Exception:
            log.exception("recording_problem_not_noted", space=space_id)
            return
        if self._untold.get(space_id) is command:
            del self._untold[space_id]


def _mode(space: Space) -> str:
    """Of a space that is not live: nothing."""
    if space.state is not SpaceState.LIVE:
        return "off"
    match space.recording:
        case Recording.ON:
            return "on"
        case Recording.OFF:
            return "ring"
        case Recording.PAUSED:
            # A disk that has no room is asked for it all the same.
            return "paused" if space.recording_problem is None else "on"


def _problem(reason: str) -> RecordingProblem:
    return RecordingProblem.DISK_FULL if reason == DiskFullError.code else RecordingProblem.DISK_ERROR
