"""Who is present in which space: anybody with an open socket or with live media. Pure: time comes in as seconds.

Presence is nowhere stored. After a restart it is put together again from the sockets and the reports of the media
nodes; those expected on a stage are waited for just as long as somebody who was lost a moment ago.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from voxhall.spaces.model import ParticipantId, Space, SpaceId

# A lift, a tunnel, a restart of the browser. Longer, and the others talk to a dead seat; shorter, and every change from
# Wi-Fi to the mobile network costs somebody their place.
LOSS_GRACE_S = 15.0


@dataclass(slots=True)
class _Attendant:
    """What one participant is connected with: open sockets, and peers by their ids."""

    connections: set[Hashable] = field(default_factory=set)
    # When the last of them was lost; None while present.
    lost_at_s: float | None = None

    @property
    def is_present(self) -> bool:
        return bool(self.connections)


@dataclass(slots=True)
class _Hall:
    """One space. `awaited` are those whose absence matters: the stage and those who ask."""

    attendants: dict[ParticipantId, _Attendant] = field(default_factory=dict)
    on_stage: frozenset[ParticipantId] = frozenset()
    awaited: frozenset[ParticipantId] = frozenset()
    present_count: int = 0


@dataclass(frozen=True, slots=True)
class Came:
    space_id: SpaceId
    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class Went:
    space_id: SpaceId
    participant_id: ParticipantId


class Presence:
    def __init__(self) -> None:
        self._halls: dict[SpaceId, _Hall] = {}

    def connected(self, space_id: SpaceId, participant_id: ParticipantId, connection: Hashable) -> Came | None:
        hall = self._halls.setdefault(space_id, _Hall())
        attendant = hall.attendants.setdefault(participant_id, _Attendant())
        was_present = attendant.is_present
        attendant.connections.add(connection)
        attendant.lost_at_s = None
        if was_present:
            return None
        hall.present_count += 1
        return Came(space_id, participant_id)

    def gone(
        self,
        space_id: SpaceId,
        participant_id: ParticipantId,
        connection: Hashable,
        now_s: float,
        *,
        silent_s: float = 0.0,
    ) -> Went | None:
        """`silent_s`: for how long the connection had been silent before that was said.

        A connection that does not count any more, because its person left or was removed, takes nobody's presence.
        """
        hall = self._halls.get(space_id)
        attendant = hall.attendants.get(participant_id) if hall else None
        if hall is None or attendant is None or connection not in attendant.connections:
            return None
        attendant.connections.remove(connection)
        if attendant.is_present:
            return None
        hall.present_count -= 1
        if participant_id in hall.awaited:
            attendant.lost_at_s = now_s - silent_s
        else:
            del hall.attendants[participant_id]
            if not hall.attendants and not hall.awaited:
                del self._halls[space_id]
        return Went(space_id, participant_id)

    def forget(self, space_id: SpaceId, participant_id: ParticipantId) -> None:
        """Somebody left or was removed: whatever they are still connected with does not count."""
        hall = self._halls.get(space_id)
        attendant = hall.attendants.pop(participant_id, None) if hall else None
        if hall and attendant and attendant.is_present:
            hall.present_count -= 1

    def follow(self, space: Space, now_s: float) -> None:
        """Take over who is on the stage and who asks; who of them is absent has the grace from now on."""
        hall = self._halls.setdefault(space.id, _Hall())
        hall.on_stage = frozenset(one.id for one in space.stage)
        hall.awaited = hall.on_stage | {one.id for one in space.requests}
        for participant_id in hall.awaited:
            attendant = hall.attendants.setdefault(participant_id, _Attendant())
            if not attendant.is_present and attendant.lost_at_s is None:
                attendant.lost_at_s = now_s

    def end(self, space_id: SpaceId) -> None:
        self._halls.pop(space_id, None)

    def given_up(self, now_s: float) -> Iterator[tuple[SpaceId, ParticipantId]]:
        """Those awaited who did not come back in time; each is told once."""
        for space_id, hall in list(self._halls.items()):
            for participant_id in hall.awaited:
                attendant = hall.attendants.get(participant_id)
                if attendant is None or attendant.is_present or attendant.lost_at_s is None:
                    continue
                if now_s - attendant.lost_at_s >= LOSS_GRACE_S:
                    del hall.attendants[participant_id]
                    yield space_id, participant_id

    def is_present(self, space_id: SpaceId, participant_id: ParticipantId) -> bool:
        hall = self._halls.get(space_id)
        attendant = hall.attendants.get(participant_id) if hall else None
        return attendant is not None and attendant.is_present

    def is_awaited(self, space_id: SpaceId, participant_id: ParticipantId) -> bool:
        hall = self._halls.get(space_id)
        return hall is not None and participant_id in hall.awaited

    def present(self, space_id: SpaceId) -> list[ParticipantId]:
        hall = self._halls.get(space_id)
        return [one for one, attendant in hall.attendants.items() if attendant.is_present] if hall else []

    def listener_count(self, space_id: SpaceId) -> int:
        hall = self._halls.get(space_id)
        if hall is None:
            return 0
        present_on_stage = sum(self.is_present(space_id, one) for one in hall.on_stage)
        return hall.present_count - present_on_stage

    def spaces(self) -> list[SpaceId]:
        return list(self._halls)
