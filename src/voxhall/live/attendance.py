"""Presence becomes history: who comes, goes and is given up is told to the space, in order for each space."""

from dataclasses import dataclass

from voxhall.kit import Kit
from voxhall.live.presence import Came, Presence, Went
from voxhall.spaces import actions
from voxhall.spaces.actions import SpaceChanged
from voxhall.spaces.model import ParticipantId, SpaceId
from voxhall.spaces.model.commands import Arrive, GiveUpWaiting, LoseConnection


@dataclass(frozen=True, slots=True)
class AttendanceChanged:
    """Somebody's presence is not what it was; what it is now is looked up when this is handled."""

    space_id: SpaceId
    participant_id: ParticipantId
    is_given_up: bool = False


class Attendance:
    def __init__(self, kit: Kit, presence: Presence) -> None:
        self._kit = kit
        self._presence = presence
        self._unsubscribe = (
            kit.events.subscribe(AttendanceChanged, self._on_changed, key=lambda one: one.space_id),
            kit.events.subscribe(SpaceChanged, self._on_started, key=lambda one: one.space_id),
        )

    def close(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    async def settle(self, news: Came | Went | None) -> None:
        """Returns when the space knows."""
        if news is not None:
            await self._kit.events.publish(AttendanceChanged(news.space_id, news.participant_id))

    async def give_up(self, now_s: float) -> None:
        for space_id, participant_id in list(self._presence.given_up(now_s)):
            await self._kit.events.publish(AttendanceChanged(space_id, participant_id, is_given_up=True))

    async def _on_changed(self, changed: AttendanceChanged) -> None:
        space_id, participant_id = changed.space_id, changed.participant_id
        if self._presence.is_present(space_id, participant_id):
            await actions.carry_out_for_server(self._kit, space_id, Arrive(participant_id))
            return
        if self._presence.is_awaited(space_id, participant_id) or changed.is_given_up:
            await actions.carry_out_for_server(self._kit, space_id, LoseConnection(participant_id))
        if changed.is_given_up:
            await actions.carry_out_for_server(self._kit, space_id, GiveUpWaiting(participant_id))

    async def _on_started(self, changed: SpaceChanged) -> None:
        """The host who waits in a scheduled space stands on its stage when it starts."""
        if any(one.name == "space_started" for one in changed.events):
            host = changed.space.participant_of(changed.space.host_id)
            if host is not None and self._presence.is_present(changed.space_id, host.id):
                await actions.carry_out_for_server(self._kit, changed.space_id, Arrive(host.id))
