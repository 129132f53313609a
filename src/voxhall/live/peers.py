"""Which devices are connected, found by id, by person and by space without a search: a join must cost the same with ten
thousand listeners as with ten."""

from collections.abc import Iterator
from dataclasses import dataclass

from voxhall.kit.link import Link
from voxhall.spaces.model import Participant, ParticipantId, SpaceId


@dataclass(frozen=True, slots=True)
class Peer:
    """One connected device. The id is the secret part of its address and is never logged."""

    id: str
    space_id: SpaceId
    participant_id: ParticipantId
    kind: str
    link: Link
    # Who listens with it, as long as that is kept nowhere else.
    stranger: Participant | None = None


class Peers:
    """Iterates over all of them, the oldest first; so do the narrower views."""

    def __init__(self) -> None:
        self._by_id: dict[str, Peer] = {}
        self._by_space: dict[SpaceId, dict[ParticipantId, dict[str, Peer]]] = {}

    def __iter__(self) -> Iterator[Peer]:
        return iter(list(self._by_id.values()))

    def __contains__(self, peer_id: object) -> bool:
        return peer_id in self._by_id

    def get(self, peer_id: str) -> Peer | None:
        return self._by_id.get(peer_id)

    def add(self, peer: Peer) -> None:
        """Newest, or in place of one with the same id."""
        known = self._by_id.get(peer.id)
        if known is not None and (known.space_id, known.participant_id) != (peer.space_id, peer.participant_id):
            self.remove(peer.id)
        self._by_id[peer.id] = peer
        self._by_space.setdefault(peer.space_id, {}).setdefault(peer.participant_id, {})[peer.id] = peer

    def remove(self, peer_id: str) -> Peer | None:
        peer = self._by_id.pop(peer_id, None)
        if peer is not None:
            people = self._by_space[peer.space_id]
            del people[peer.participant_id][peer_id]
            if not people[peer.participant_id]:
                del people[peer.participant_id]
            if not people:
                del self._by_space[peer.space_id]
        return peer

    def in_space(self, space_id: SpaceId) -> Iterator[Peer]:
        people = self._by_space.get(space_id, {})
        return (peer for devices in people.values() for peer in devices.values())

    def of(self, space_id: SpaceId, participant_id: ParticipantId) -> list[Peer]:
        return list(self._by_space.get(space_id, {}).get(participant_id, {}).values())
