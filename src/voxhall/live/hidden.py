"""Hidden listeners as the host and the co-hosts have them: so many, each to be sent away, none to be known."""

import hashlib
import hmac

from voxhall.accounts.identity import Actor
from voxhall.live.service import Live
from voxhall.spaces import actions
from voxhall.spaces.model import ParticipantId, SpaceId
from voxhall.spaces.model.commands import Remove

# Of 128 bits nobody guesses one, and two are never the same.
KEY_CHARS = 32


async def hidden_among(live: Live, space_id: SpaceId, present: set[ParticipantId]) -> set[ParticipantId]:
    return await actions.hidden_in(live.kit, space_id) & present


def keys_of(live: Live, ids: set[ParticipantId]) -> dict[str, ParticipantId]:
    """In no order that says anything. Not the ids themselves: who was seen under one before is to be known by none."""
    return dict(sorted((_key(live, one), one) for one in ids))


async def remove(live: Live, actor: Actor, space_id: SpaceId, key: str) -> None:
    """ParticipantNotFoundError once they have gone or are shown; whoever may remove nobody is refused before that."""
    present = set(live.presence.present(space_id))
    found = keys_of(live, await hidden_among(live, space_id, present)).get(key, ParticipantId(""))
    await actions.carry_out(live.kit, actor, space_id, Remove(found))


def _key(live: Live, participant_id: ParticipantId) -> str:
    digest = hmac.new(live.hiding_secret, participant_id.encode(), hashlib.sha256).hexdigest()
    return digest[:KEY_CHARS]
