"""The routes of what is live: the socket, who is present, and the sound's doors."""

from typing import Annotated

from fastapi import APIRouter, Path, WebSocket
from pydantic import BaseModel, Field

from voxhall.accounts.identity import ActorDep
from voxhall.errors import JsonObject
from voxhall.kit.web import PageDep, page_of
from voxhall.live import hidden, socket, tips, whep, whip
from voxhall.live.deps import LiveDep
from voxhall.spaces import actions
from voxhall.spaces.answers import ParticipantAnswer
from voxhall.spaces.model import Participant, ParticipantId, SpaceId
from voxhall.spaces.model.wire import participant_as_json, request_as_json

router = APIRouter()
router.include_router(whep.router)
router.include_router(whip.router)
router.include_router(tips.router)

SpaceIdPath = Annotated[str, Path(max_length=64)]


class ParticipantsAnswer(BaseModel):
    items: list[ParticipantAnswer]
    next_cursor: str | None
    hidden_count: int | None = Field(description="For host and co-hosts: how many listen and are in no list.")
    hidden_keys: list[str] = Field(
        description="For host and co-hosts, with the first page: a key for each of them, by which to remove them."
    )


@router.websocket("/api/v1/spaces/{space_id}/live")
async def live_socket(websocket: WebSocket, live: LiveDep, space_id: SpaceIdPath) -> None:
    """The stage as it happens; docs/protocol.md describes every message."""
    await socket.serve(websocket, live, SpaceId(space_id))


@router.get("/api/v1/spaces/{space_id}/participants", tags=["spaces"], response_model=ParticipantsAnswer)
async def participants(live: LiveDep, actor: ActorDep, space_id: SpaceIdPath, page: PageDep) -> JsonObject:
    """The stage for anybody; who listens is for the host and the co-hosts to see, but whoever is hidden."""
    space = await actions.get_space(live.kit, SpaceId(space_id), actor)
    me = space.participant_of(actor.person_id) if actor.person_id is not None else None
    ids = {one.id for one in space.stage}
    hidden_count, keys = None, dict[str, ParticipantId]()
    if me is not None and me.removed_at is None and space.is_steward(me):
        present = set(live.presence.present(space.id)) - live.bridge.strangers_in(space.id)
        unseen = await hidden.hidden_among(live, space.id, present)
        hidden_count, keys = len(unseen), hidden.keys_of(live, unseen - {me.id})
        ids |= present - (unseen - {me.id})
    after = page.after()
    start = str(after[0]) if after else ""
    # Of ten thousand listeners only this page's are looked up.
    wanted = sorted(one for one in ids if one > start)[: page.limit + 1]
    found = sorted(await actions.participants_by_id(live.kit, wanted), key=lambda one: one.id)
    first_keys = [*keys][: page.limit] if after is None else []
    listed = page_of(found, page, _as_json, lambda one: [one.id])
    return {**listed, "hidden_count": hidden_count, "hidden_keys": [*first_keys]}


@router.post("/api/v1/spaces/{space_id}/hidden/{key}/remove", tags=["spaces"], status_code=204)
async def remove_hidden(
    live: LiveDep, actor: ActorDep, space_id: SpaceIdPath, key: Annotated[str, Path(max_length=64)]
) -> None:
    """For host and co-hosts: takes somebody out who is in no list, without saying who it was."""
    await hidden.remove(live, actor, SpaceId(space_id), key)


def _as_json(one: Participant) -> JsonObject:
    return {**participant_as_json(one), "requested_at": request_as_json(one)["requested_at"]}
