"""Between the spaces and the media nodes: what happened in a space becomes calls to the node that carries it, and what
a node notices becomes presence.

The node is the truth about who really sends and receives; the space is the truth about who may. Whenever a node
reports, the two are compared and the node is put right, so a node that was down does not keep anybody from muting.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import structlog

from voxhall.errors import CapacityError, JsonObject, LinkDownError, NotFoundError, RemoteError, VoxhallError
from voxhall.kit.link import Link
from voxhall.live.peers import Peer, Peers
from voxhall.live.presence import LOSS_GRACE_S, Came, Presence, Went
from voxhall.live.protocol import MediaState
from voxhall.spaces.actions import SpaceChanged
from voxhall.spaces.model import Delay, Participant, ParticipantId, Space, SpaceId, SpaceState

log = structlog.get_logger()

PUBLISHER, LISTENER = "publisher", "listener"
# A mute has to be in force at once; a node that takes longer is not well and is put right by its next report.
ALLOW_TIMEOUT_S = 2.0
# The link of a running node is back within its back-off of half a second; after this its peers count as gone.
NODE_GRACE_S = 5.0
# Tabs and devices of one listener; the oldest goes, so that one cookie cannot fill a node.
MAX_LISTENER_PEERS = 4


class NodeDownError(LinkDownError):
    code = "media_down"
    message = "The sound is restarting. Try again in a moment."


class PeerNotFoundError(NotFoundError):
    code = "peer_not_found"
    message = "There is no such session."


class MediaBridge:
    def __init__(self, presence: Presence, monotonic_s: Callable[[], float]) -> None:
        self._presence = presence
        self._monotonic_s = monotonic_s
        self._peers = Peers()
        # Nodes whose report has been compared, oldest first; only they are given new peers.
        self._ready: list[Link] = []
        self._doubtful: set[Link] = set()
        self._connected_strangers: set[str] = set()
        # Peers of speakers from whom nothing comes although they were sending.
        self._interrupted: set[str] = set()
        # As of which event of a space a node was last told who may publish.
        self._allowed_at: dict[SpaceId, dict[ParticipantId, int]] = {}
        self._lost_at_s: float | None = None
        self._presumed_until_s = monotonic_s() + NODE_GRACE_S

    @property
    def is_ready(self) -> bool:
        return bool(self._ready)

    def media_state(self, space_id: SpaceId) -> MediaState:
        """Right after a start of the control plane the nodes are taken to be there: their sound never stopped, and they
        only have to find the way back here."""
        if self._monotonic_s() < self._presumed_until_s:
            return MediaState.READY
        try:
            self.link_for(space_id)
        except NodeDownError:
            return MediaState.LOST
        return MediaState.READY

    def interrupted(self) -> dict[SpaceId, frozenset[ParticipantId]]:
        """Of each space those whose connection seems dead, though they still have their time to come back."""
        peers = [peer for one in self._interrupted if (peer := self._peers.get(one))]
        self._interrupted = {peer.id for peer in peers}
        found: dict[SpaceId, frozenset[ParticipantId]] = {}
        for peer in peers:
            found[peer.space_id] = found.get(peer.space_id, frozenset()) | {peer.participant_id}
        return found

    def link_for(self, space_id: SpaceId) -> Link:
        """A space lives on one node: where its peers are, else on the first."""
        carrying = (peer.link for peer in self._peers.in_space(space_id) if peer.link.is_open)
        link = next(carrying, None) or next((one for one in self._ready if one.is_open), None)
        if link is None:
            raise NodeDownError(headers={"retry-after": "1"})
        return link

    def peer(self, peer_id: str, space_id: str, kind: str) -> Peer:
        if not self.is_ready:
            raise NodeDownError(headers={"retry-after": "1"})
        found = self._peers.get(peer_id)
        if found is None or found.space_id != space_id or found.kind != kind:
            raise PeerNotFoundError
        return found

    def peers_of(self, space_id: SpaceId, participant_id: ParticipantId, kind: str) -> list[Peer]:
        return [peer for peer in self._peers.of(space_id, participant_id) if peer.kind == kind]

    def peers_in(self, space_id: SpaceId) -> list[Peer]:
        return list(self._peers.in_space(space_id))

    async def open_publisher(
        self, space: Space, participant: Participant, peer_id: str, sdp: str, *, publish: bool
    ) -> tuple[Peer, JsonObject]:
        """Whoever speaks brings what the host wants of the sound; where nobody speaks it does not matter."""
        args: JsonObject = {"csrc": participant.csrc, "publish": publish, "low_delay": space.delay is Delay.LOW}
        return await self._open("open_publisher", PUBLISHER, space.id, participant, peer_id, {"sdp": sdp, **args})

    async def open_listener(
        self, space_id: SpaceId, participant: Participant, peer_id: str, sdp: str, *, is_stranger: bool
    ) -> tuple[Peer, JsonObject]:
        stranger = participant if is_stranger else None
        args: JsonObject = {"sdp": sdp}
        return await self._open("open_listener", LISTENER, space_id, participant, peer_id, args, stranger)

    async def _open(
        self,
        call: str,
        kind: str,
        space_id: SpaceId,
        participant: Participant,
        peer_id: str,
        args: JsonObject,
        stranger: Participant | None = None,
    ) -> tuple[Peer, JsonObject]:
        link = self.link_for(space_id)
        try:
            answer = await link.call(call, {"space": space_id, "peer": peer_id, "participant": participant.id, **args})
        except RemoteError as error:
            if error.status == CapacityError.status:
                raise CapacityError(headers={"retry-after": "5"}) from error
            raise
        except LinkDownError as error:
            raise NodeDownError(headers={"retry-after": "1"}) from error
        peer = Peer(peer_id, space_id, participant.id, kind, link, stranger)
        self._peers.add(peer)
        return peer, answer

    async def patch(self, peer: Peer, if_match: str, fragment: str) -> JsonObject:
        return await peer.link.call("patch", {"peer": peer.id, "if_match": if_match, "fragment": fragment})

    async def close(self, peer: Peer) -> Went | None:
        """The packets stop here; the presence that hung on it ends now."""
        self._peers.remove(peer.id)
        await self._tell(peer.link, "close", {"peer": peer.id})
        return self._presence.gone(peer.space_id, peer.participant_id, peer.id, self._monotonic_s())

    async def allow(self, space: Space, participant: Participant) -> None:
        """Told in the order of the space's events: who looked before a mute and tells after it does not undo it."""
        told = self._allowed_at.setdefault(space.id, {})
        if told.get(participant.id, 0) > space.seq:
            return
        told[participant.id] = space.seq
        args: JsonObject = {"space": space.id, "participant": participant.id, "publish": participant.may_publish}
        for link in {peer.link for peer in self.peers_of(space.id, participant.id, PUBLISHER)}:
            await self._tell(link, "allow", args)

    async def close_participant(self, space_id: SpaceId, participant_id: ParticipantId) -> None:
        """Told to every node, known peers or not: nobody hears who is not listed."""
        peers = self._peers.of(space_id, participant_id)
        for peer in peers:
            self._peers.remove(peer.id)
        for link in self._links(peers):
            await self._tell(link, "close_participant", {"space": space_id, "participant": participant_id})
        self._presence.forget(space_id, participant_id)

    async def on_changed(self, changed: SpaceChanged) -> None:
        """In force before whoever gave the command is answered."""
        space = changed.space
        if space.state is not SpaceState.LIVE:
            if changed.before.state is SpaceState.LIVE:
                await self.close_space(space.id)
            return
        for stored in changed.events:
            participant = space.people.get(stored.participant_id) if stored.participant_id else None
            if participant is None:
                continue
            match stored.name, stored.data.get("reason"):
                case ("speaker_removed", "moved_to_audience"):
                    await self.allow(space, participant)
                    for peer in self.peers_of(space.id, participant.id, PUBLISHER):
                        await self.close(peer)
                case ("speaker_removed", "left" | "removed") | ("participant_removed", _):
                    await self.close_participant(space.id, participant.id)
                case (name, _) if not name.startswith("request_"):
                    await self.allow(space, participant)
                case _:
                    pass

    async def close_space(self, space_id: SpaceId) -> None:
        peers = list(self._peers.in_space(space_id))
        for peer in peers:
            self._peers.remove(peer.id)
        for link in self._links(peers):
            await self._tell(link, "close_space", {"space": space_id})
        self._allowed_at.pop(space_id, None)
        self._presence.end(space_id)

    def _links(self, peers: Iterable[Peer]) -> list[Link]:
        """Every node, those too whose report is only being gone through."""
        return [link for link in dict.fromkeys([*self._ready, *(peer.link for peer in peers)]) if link.is_open]

    async def _tell(self, link: Link, call: str, args: JsonObject) -> None:
        """A node that cannot be told is asked for a report as soon as it can be, and put right then."""
        try:
            await link.call(call, args, timeout_s=ALLOW_TIMEOUT_S)
        except VoxhallError as error:
            if error.status == PeerNotFoundError.status:
                return
            self._doubtful.add(link)
            log.warning("media_node_not_told", call=call, reason=error.code)

    # What the nodes say.

    def node_lost(self, link: Link) -> None:
        self._doubtful.discard(link)
        if link in self._ready:
            self._presumed_until_s = 0.0
            self._ready.remove(link)
            self._lost_at_s = self._monotonic_s()

    def peer_event(self, name: str, data: JsonObject) -> Came | Went | None:
        """`away` comes after 15 s of silence, so whoever it takes the presence of has been waited for already."""
        peer = self._peers.get(str(data.get("peer")))
        if peer is None:
            return None
        now_s = self._monotonic_s()
        match name:
            case "interrupted":
                self._interrupted.add(peer.id)
                return None
            case "connected" | "back":
                self._interrupted.discard(peer.id)
                self._note_connected(peer)
                return self._presence.connected(peer.space_id, peer.participant_id, peer.id)
            case "away":
                return self._presence.gone(peer.space_id, peer.participant_id, peer.id, now_s, silent_s=LOSS_GRACE_S)
            case "closed":
                self._peers.remove(peer.id)
                if data.get("reason") in {"never_connected", "failed"}:
                    log.info("peer_lost", peer=peer.id, space=peer.space_id, reason=data["reason"])
                return self._presence.gone(peer.space_id, peer.participant_id, peer.id, now_s)
            case _:
                log.warning("media_event_unknown", event_name=name)
                return None

    def take_peers_of_lost_nodes(self) -> list[Went]:
        """Once a lost node has not come back in time."""
        if self._lost_at_s is None or self._monotonic_s() - self._lost_at_s < NODE_GRACE_S:
            return []
        self._lost_at_s = None
        return self._drop(peer for peer in self._peers if not peer.link.is_open)

    def strangers_in(self, space_id: SpaceId) -> set[ParticipantId]:
        return {peer.participant_id for peer in self._peers.in_space(space_id) if peer.stranger is not None}

    def connected_strangers(self) -> list[Peer]:
        """Who has shown with a packet that they listen, and is to be kept."""
        found = [peer for one in self._connected_strangers if (peer := self._peers.get(one)) and peer.stranger]
        self._connected_strangers = {peer.id for peer in found}
        return found

    def kept(self, strangers: Iterable[Peer]) -> None:
        for peer in strangers:
            self._connected_strangers.discard(peer.id)
            if peer.id in self._peers:
                self._peers.add(replace(peer, stranger=None))

    def _note_connected(self, peer: Peer) -> None:
        if peer.stranger is not None:
            self._connected_strangers.add(peer.id)

    def take_doubtful(self) -> list[Link]:
        doubtful, self._doubtful = self._doubtful, set()
        return [link for link in doubtful if link.is_open]

    def doubt(self, link: Link) -> None:
        self._doubtful.add(link)

    def known_on(self, link: Link) -> frozenset[str]:
        return frozenset(peer.id for peer in self._peers if peer.link is link or not peer.link.is_open)

    def begin_report(
        self, link: Link, report: JsonObject, known_before: frozenset[str]
    ) -> tuple[list[tuple[SpaceId, ParticipantId, list[dict[str, Any]]]], list[Came | Went]]:
        """Take over what the node holds; answers its peers by participant, and whose presence changed by it."""
        news: list[Came | Went] = []
        reported: dict[tuple[SpaceId, ParticipantId], list[dict[str, Any]]] = {}
        seen: set[str] = set()
        for space in items_of(report, "spaces"):
            for item in items_of(space, "peers"):
                known = self._peers.get(str(item["peer"]))
                peer = Peer(
                    str(item["peer"]),
                    SpaceId(str(space["space"])),
                    ParticipantId(str(item["participant"])),
                    str(item["kind"]),
                    link,
                    known.stranger if known else None,
                )
                seen.add(peer.id)
                self._peers.add(peer)
                (self._interrupted.add if item.get("interrupted") else self._interrupted.discard)(peer.id)
                reported.setdefault((peer.space_id, peer.participant_id), []).append(item)
        gone = known_before - seen
        news.extend(self._drop(peer for peer in self._peers if peer.id in gone))
        return [(space_id, participant_id, peers) for (space_id, participant_id), peers in reported.items()], news

    def end_report(self, link: Link) -> None:
        if link.is_open and link not in self._ready:
            self._ready.append(link)

    async def confirm(self, link: Link, peers: Iterable[str]) -> None:
        """A node that went on with the listeners of one that died is told who of them may stay; it waits 5 s for it."""
        args: JsonObject = {"peers": [one for one in peers if one in self._peers]}
        if args["peers"]:
            await self._tell(link, "confirm", args)

    async def put_right(
        self, space: Space | None, participant: Participant | None, peers: list[dict[str, Any]]
    ) -> list[Came]:
        """One reported participant against what the space says; answers a presence that begins with it."""
        ids = [peer for one in peers if (peer := self._peers.get(one["peer"]))]
        participant = participant or next((peer.stranger for peer in ids if peer.stranger), None)
        if space is None or participant is None or space.state is not SpaceState.LIVE or participant.removed_at:
            for peer in ids:
                await self.close(peer)
            return []
        came = self.count_in(space.id, participant.id, peers)
        for item in peers:
            if item.get("kind") == PUBLISHER and bool(item.get("publish")) != participant.may_publish:
                await self.allow(space, participant)
        return came

    def count_in(self, space_id: SpaceId, participant_id: ParticipantId, peers: list[dict[str, Any]]) -> list[Came]:
        """Whoever is connected is present; answers a presence that begins with it."""
        came = []
        for item in peers:
            peer = self._peers.get(str(item["peer"]))
            if peer is None or item.get("state") == "away":
                continue
            if item.get("state") == "connected":
                self._note_connected(peer)
            news = self._presence.connected(space_id, participant_id, peer.id)
            came += [news] if news else []
        return came

    def register(self, peer: Peer) -> Came | None:
        """A peer that was just opened counts as present from its answer on."""
        if peer.id not in self._peers:
            raise PeerNotFoundError
        return self._presence.connected(peer.space_id, peer.participant_id, peer.id)

    def _drop(self, peers: Iterable[Peer]) -> list[Went]:
        news = []
        for peer in list(peers):
            self._peers.remove(peer.id)
            went = self._presence.gone(peer.space_id, peer.participant_id, peer.id, self._monotonic_s())
            news += [went] if went else []
        return news


def items_of(value: JsonObject, key: str) -> list[dict[str, Any]]:
    found = value.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
