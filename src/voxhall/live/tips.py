"""The tip sheet of a space in one answer: whoever may be heard now first, then hosts, then speakers.

Which voice is heard this second the page knows from the sound itself and puts first.
"""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel

from voxhall.accounts import actions as people
from voxhall.accounts.identity import ActorDep
from voxhall.accounts.model import UserId
from voxhall.errors import JsonObject
from voxhall.live.deps import LiveDep
from voxhall.spaces import actions
from voxhall.spaces.model import Participant, Role, SpaceId, SpaceState
from voxhall.spaces.model.wire import person_as_json
from voxhall.tips import actions as tips
from voxhall.tips.answers import TipAnswer, jar_as_json, recently_changed_as_json

router = APIRouter()

_ROLES = (Role.HOST, Role.COHOST, Role.SPEAKER, Role.LISTENER)


class PersonTips(BaseModel):
    participant_id: str
    handle: str
    display_name: str
    picture: str | None
    role: str
    tip_jar: list[TipAnswer]
    tip_jar_changed_at: str | None


class TipsAnswer(BaseModel):
    items: list[PersonTips]


@router.get("/api/v1/spaces/{space_id}/tips", tags=["tips"], response_model=TipsAnswer)
async def space_tips(live: LiveDep, actor: ActorDep, space_id: Annotated[str, Path(max_length=64)]) -> JsonObject:
    """Everybody on the stage whom one can give to; of a space that is over, everybody who stood there."""
    space = await actions.get_space(live.kit, SpaceId(space_id), actor)
    if space.state is SpaceState.ENDED:
        shown = await actions.people_once_on_stage(live.kit, space.id)
    else:
        # The host is always loaded, and is to be thanked when away for a moment, too.
        host = space.participant_of(space.host_id)
        shown = [*space.stage, *([host] if host is not None and not host.is_on_stage else [])]
    async with live.kit.db.read() as conn:
        users = await people.users_by_id(conn, {UserId(one.person.id) for one in shown if not one.person.is_guest})
        jars = await tips.jars_shown(conn, list(users.values()))
    at = live.kit.clock.now()

    def order(one: Participant) -> tuple[bool, int, int]:
        return not one.may_publish, _ROLES.index(space.role_of(one)), one.stage_order

    return {
        "items": [
            {
                "participant_id": one.id,
                **person_as_json(one.person),
                "role": space.role_of(one).value,
                "tip_jar": [*jar_as_json(jars[one.person.id])],
                "tip_jar_changed_at": recently_changed_as_json(jars[one.person.id], at),
            }
            for one in sorted(shown, key=order)
            if one.person.id in jars and jars[one.person.id].tips
        ]
    }
