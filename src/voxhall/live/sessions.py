"""WHIP and WHEP sessions as acts of people: taking the microphone in hand, listening in, hanging up."""

from dataclasses import dataclass

from voxhall.accounts.identity import Actor
from voxhall.accounts.model import Scope
from voxhall.live.media_bridge import LISTENER, MAX_LISTENER_PEERS, PUBLISHER
from voxhall.live.peers import Peer
from voxhall.live.service import Live
from voxhall.spaces import actions
from voxhall.spaces.model import SpaceId, apply_all, decide
from voxhall.spaces.model.commands import StepOntoStage
from voxhall.spaces.model.refusals import ParticipantNotFoundError


@dataclass(frozen=True, slots=True)
class Opened:
    peer: Peer
    sdp: str
    etag: str


async def speak(live: Live, actor: Actor, space_id: SpaceId, sdp: str) -> Opened:
    """Whoever may speak without asking stands on the stage when this returns; refusals leave no trace."""
    actor.require_user(Scope.SPEAK)
    live.require_audio()
    joined = await actions.join(live.kit, actor, space_id, live_only=True, arriving=False)
    space, participant = joined.space, joined.participant
    # Decided twice: first so that nothing is opened for somebody who may not speak, then for good.
    events = decide(space, StepOntoStage(), participant.person, live.kit.clock.now())
    publish = apply_all(space, events).people[participant.id].may_publish
    peer, answer = await live.bridge.open_publisher(
        space, participant, live.kit.ids.path_secret(), sdp, publish=publish
    )
    try:
        came = live.bridge.register(peer)
        live.require_audio()
        space = await actions.carry_out(live.kit, actor, space_id, StepOntoStage())
        if (now := space.people[participant.id]).may_publish != publish:
            await live.bridge.allow(space, now)
    except BaseException:
        # Whatever it was, nobody speaks whom the space does not show.
        await live.bridge.close(peer)
        raise
    await live.attendance.settle(came)
    # Of two that come at once the later stays; asked the other way round, they would close each other.
    sessions = live.bridge.peers_of(space_id, participant.id, PUBLISHER)
    for earlier in sessions[: sessions.index(peer)] if peer in sessions else []:
        await live.bridge.close(earlier)
    return Opened(peer, str(answer["sdp"]), str(answer["etag"]))


async def listen(
    live: Live, actor: Actor, space_id: SpaceId, sdp: str, *, is_new: bool = False, hidden: bool | None = None
) -> Opened:
    """The door of ten thousand: who `is_new` costs no look into the database, and leaves nothing there before the
    first packet. Nobody else can have been removed, so whoever is known is looked up."""
    live.require_audio()
    live.bridge.link_for(space_id)
    revocations = live.revocations
    is_stranger = is_new and live.is_open(space_id)
    if is_stranger:
        participant = actions.stranger(live.kit, actor, space_id, is_hidden=hidden is True)
    else:
        participant = (await actions.join(live.kit, actor, space_id, live_only=True, hidden=hidden)).participant
    peer, answer = await live.bridge.open_listener(
        space_id, participant, live.kit.ids.path_secret(), sdp, is_stranger=is_stranger
    )
    try:
        came = live.bridge.register(peer)
        if live.revocations != revocations and not await _may_stay(live, peer):
            raise ParticipantNotFoundError("The space ended, or you were removed from it.")
    except BaseException:
        await live.bridge.close(peer)
        raise
    if live.presence.is_awaited(space_id, participant.id):
        await live.attendance.settle(came)
    others = live.bridge.peers_of(space_id, participant.id, LISTENER)
    for oldest in others[:-MAX_LISTENER_PEERS]:
        await live.bridge.close(oldest)
    return Opened(peer, str(answer["sdp"]), str(answer["etag"]))


async def hang_up(live: Live, peer: Peer) -> None:
    """Who is connected with nothing else any more has left."""
    went = await live.bridge.close(peer)
    if went is not None and live.presence.is_awaited(peer.space_id, peer.participant_id):
        await actions.leave(live.kit, peer.space_id, peer.participant_id)


async def owns(live: Live, actor: Actor, peer: Peer) -> bool:
    """Whether this account opened the session."""
    user = actor.require_user(Scope.SPEAK)
    participant = await actions.find_participant(live.kit, peer.space_id, peer.participant_id)
    return participant is not None and participant.person.id == user.id


async def _may_stay(live: Live, peer: Peer) -> bool:
    """A removal, a block, an end or the kill switch may have come while the node was answering."""
    live.require_audio()
    participant = peer.stranger or await actions.find_participant(live.kit, peer.space_id, peer.participant_id)
    if participant is None or participant.removed_at is not None or not live.is_live(peer.space_id):
        return False
    return await actions.may_access(live.kit, peer.space_id, participant.person.id)
