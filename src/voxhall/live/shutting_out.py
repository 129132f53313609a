"""Who may not be in a space any more is out of it at once: first the packets stop, then the page is told.

Blocks, lost follows and withdrawn invitations are events of the features below; what they mean for a space is decided
by its one `access`. To those shut out the space is as if it were not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxhall.accounts.follows.model import Blocked, Unfollowed
from voxhall.accounts.invites.model import Suspended
from voxhall.live import protocol
from voxhall.spaces import actions
from voxhall.spaces.actions import ListenerUninvited, SpaceChanged
from voxhall.spaces.model.refusals import SpaceNotFoundError

if TYPE_CHECKING:
    from voxhall.live.service import Live


class ShuttingOut:
    def __init__(self, live: Live) -> None:
        self._live = live
        events = live.kit.events
        self._unsubscribe = (
            events.subscribe(Blocked, self._on_blocked, key=lambda one: one.blocked_id),
            events.subscribe(Suspended, self._on_suspended, key=lambda one: one.user_id),
            events.subscribe(Unfollowed, self._on_unfollowed, key=lambda one: one.follower_id),
            events.subscribe(ListenerUninvited, self._on_uninvited, key=lambda one: one.user_id),
            events.subscribe(SpaceChanged, self._on_changed, key=lambda one: one.space_id),
        )

    def close(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    async def look_again(self, person_id: str) -> None:
        live = self._live
        # First: a door that is being opened for them at this moment has to ask again.
        live.revocations += 1
        for space_id, participant_id in await actions.no_longer_admitted(live.kit, person_id):
            await live.bridge.close_participant(space_id, participant_id)
            await actions.leave(live.kit, space_id, participant_id)
            live.hub.close_participant(space_id, participant_id, protocol.CLOSE_NO_SPACE, SpaceNotFoundError.message)

    async def _on_blocked(self, blocked: Blocked) -> None:
        await self.look_again(blocked.blocked_id)

    async def _on_suspended(self, suspended: Suspended) -> None:
        await self.look_again(suspended.user_id)

    async def _on_unfollowed(self, unfollowed: Unfollowed) -> None:
        await self.look_again(unfollowed.follower_id)

    async def _on_uninvited(self, uninvited: ListenerUninvited) -> None:
        await self.look_again(uninvited.user_id)

    async def _on_changed(self, changed: SpaceChanged) -> None:
        """Somebody who steps onto the stage may have blocked people who listen."""
        for stored in changed.events:
            speaker = changed.space.people.get(stored.participant_id) if stored.participant_id else None
            if stored.name == "speaker_added" and speaker is not None and not speaker.person.is_guest:
                for person_id in await actions.blocked_in(self._live.kit, changed.space_id, speaker.person.id):
                    await self.look_again(person_id)
