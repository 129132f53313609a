"""The HTTP routes of spaces. No decisions here: who may do what stands in `model.policy`."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from voxhall.accounts.answers import named_as_json
from voxhall.accounts.identity import Actor, ActorDep, new_guest
from voxhall.errors import InvalidError, JsonObject
from voxhall.kit import Kit
from voxhall.kit.web import KitDep, PageDep, Time, page_of
from voxhall.spaces import actions
from voxhall.spaces.answers import ExpectedAnswer, InvitedAnswer, ParticipantAnswer, SpaceAnswer, SpacesAnswer
from voxhall.spaces.model import (
    Delay,
    ParticipantId,
    Recording,
    Role,
    Space,
    SpaceId,
    SpaceState,
    WhoMayListen,
    WhoMaySpeak,
)
from voxhall.spaces.model.commands import (
    COMMANDS,
    AcceptRequest,
    Cancel,
    DeclineRequest,
    End,
    PersonCommand,
    RequestToSpeak,
    Start,
)
from voxhall.spaces.model.refusals import ParticipantNotFoundError
from voxhall.spaces.model.wire import participant_as_json, person_as_json, request_as_json, space_as_json
from voxhall.spaces.series import actions as series
from voxhall.spaces.series import changing
from voxhall.spaces.series.api import NewRepeatsBody, RepeatsBody
from voxhall.spaces.series.model import Stretch

router = APIRouter(prefix="/api/v1/spaces", tags=["spaces"])

SpaceIdPath = Annotated[str, Path(max_length=64)]
HostQuery = Annotated[str | None, Query(max_length=60, description="Only those of this handle.")]
HandlePath = Annotated[str, Path(max_length=60)]
ParticipantIdPath = Annotated[str, Path(max_length=64)]
ScopeQuery = Annotated[Stretch, Query(description="Of a series: this one, this and the following, or all to come.")]
Handles = Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=30)]
Verb = Literal[
    "invite-to-speak",
    "withdraw-invitation",
    "mute",
    "unmute",
    "take-microphone",
    "give-microphone",
    "move-to-audience",
    "make-cohost",
    "remove-cohost",
    "remove",
]


class NewSpaceBody(BaseModel):
    """Without `scheduled_start` the space is live at once."""

    model_config = ConfigDict(extra="forbid")

    # The limits after clean-up are in the actions; these only bound the work of cleaning.
    title: Annotated[str, Field(max_length=1_000, examples=["Evening radio"])]
    topics: Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=20)] = []
    language: Annotated[str | None, Field(max_length=35, examples=["en"])] = None
    who_may_speak: WhoMaySpeak = WhoMaySpeak.INVITED
    who_may_listen: WhoMayListen = WhoMayListen.EVERYONE
    invited: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=500)] = Field(
        [], description="The handles of those who may listen, where only those invited may."
    )
    speakers: Handles = Field([], description="The handles of those who are invited to the stage.")
    cohosts: Handles = Field([], description="And of those who are to look after it with the host.")
    recording: Literal[Recording.ON, Recording.OFF] = Recording.OFF
    delay: Delay = Field(Delay.NORMAL, description="`low`: as short as it can be, also where the server is full.")
    scheduled_start: Time | None = None
    repeats: RepeatsBody | None = Field(None, description="Makes it the first of a series; needs `scheduled_start`.")


class EditBody(BaseModel):
    """What is named is changed; the rest stays. Only before the space has begun."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(max_length=1_000)] = ""
    topics: Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=20)] = []
    language: Annotated[str | None, Field(max_length=35)] = None
    who_may_speak: WhoMaySpeak = WhoMaySpeak.INVITED
    recording: Literal[Recording.ON, Recording.OFF] = Recording.OFF
    delay: Delay = Delay.NORMAL
    scheduled_start: Time | None = None
    repeats: NewRepeatsBody | None = Field(None, description="For more than this one of a series.")


class StageInvitationBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Literal[Role.SPEAKER, Role.COHOST] = Role.SPEAKER


@router.post("", status_code=201, response_model=SpaceAnswer)
async def create(kit: KitDep, actor: ActorDep, body: NewSpaceBody, response: Response) -> JsonObject:
    wanted = actions.NewSpace(
        title=body.title,
        topics=tuple(body.topics),
        language=body.language,
        who_may_speak=body.who_may_speak,
        who_may_listen=body.who_may_listen,
        invited=tuple(body.invited),
        speakers=tuple(body.speakers),
        cohosts=tuple(body.cohosts),
        recording=body.recording,
        delay=body.delay,
        scheduled_start=body.scheduled_start,
    )
    if body.repeats is not None:
        space = await series.create(kit, actor, wanted, body.repeats.as_asked())
    else:
        space = await actions.create_space(kit, actor, wanted)
    response.headers["location"] = f"/api/v1/spaces/{space.id}"
    return await _as_json(kit, space)


@router.get("", response_model=SpacesAnswer)
async def spaces(
    kit: KitDep, actor: ActorDep, page: PageDep, state: SpaceState | None = None, host: HostQuery = None
) -> JsonObject:
    """Newest first: the public ones, and those that are open to whoever asks."""
    found = await actions.list_spaces(kit, actor, state, page.after_time(), page.limit + 1, host=host)
    hosts = await actions.hosts_of(kit, found)
    speakers = await actions.speakers_of(kit, found)
    return page_of(
        found,
        page,
        lambda space: {
            **space_as_json(space, hosts[space.id], kit.settings.address),
            "speakers": [person_as_json(one) for one in speakers[space.id]],
        },
        lambda space: [space.created_at.isoformat(), space.id],
    )


@router.get("/{space_id}", response_model=SpaceAnswer)
async def one(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath, request: Request, response: Response) -> JsonObject:
    space = await actions.get_space(kit, SpaceId(space_id), actor)
    # A page that is about to open the socket and the sound at once gets one name for both.
    if actor.is_anonymous and request.headers.get("sec-fetch-site") == "same-origin":
        _, cookie = await new_guest(kit)
        response.headers.append("set-cookie", cookie)
    return await _as_json(kit, space)


@router.patch("/{space_id}", response_model=SpaceAnswer)
async def edit(
    kit: KitDep, actor: ActorDep, space_id: SpaceIdPath, body: EditBody, scope: ScopeQuery = Stretch.THIS
) -> JsonObject:
    """By the host. Whoever wanted to be reminded is told of another time."""
    changes = {name: getattr(body, name) for name in body.model_fields_set - {"repeats"}}
    if scope is not Stretch.THIS:
        repeats = body.repeats.as_asked() if body.repeats is not None else None
        return await _as_json(kit, await changing.edit(kit, actor, SpaceId(space_id), changes, scope, repeats))
    if body.repeats is not None:
        raise InvalidError.of("repeats", "One space does not repeat; say following or all.")
    return await _as_json(kit, await actions.edit_space(kit, actor, SpaceId(space_id), changes))


@router.get("/{space_id}/stage-invitations", response_model=ExpectedAnswer)
async def expected(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath) -> JsonObject:
    """Who is expected on the stage: co-hosts first."""
    found = await actions.expected_on_stage(kit, actor, SpaceId(space_id))
    return {"items": [{**named_as_json(user), "role": role.value} for user, role in found]}


@router.put("/{space_id}/stage-invitations/{handle}", status_code=204)
async def invite_to_stage(
    kit: KitDep,
    actor: ActorDep,
    space_id: SpaceIdPath,
    handle: HandlePath,
    body: StageInvitationBody,
    scope: ScopeQuery = Stretch.THIS,
) -> None:
    """By the host: this person is told, may come in, and steps up without asking."""
    await _change_lineup(kit, actor, SpaceId(space_id), handle, body.role, scope)


@router.delete("/{space_id}/stage-invitations/{handle}", status_code=204)
async def uninvite_from_stage(
    kit: KitDep, actor: ActorDep, space_id: SpaceIdPath, handle: HandlePath, scope: ScopeQuery = Stretch.THIS
) -> None:
    await _change_lineup(kit, actor, SpaceId(space_id), handle, None, scope)


@router.get("/{space_id}/invited", response_model=InvitedAnswer)
async def invited(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath) -> JsonObject:
    """The people whom the host chose; for the host alone."""
    people = await actions.invited_listeners(kit, actor, SpaceId(space_id))
    return {"items": [named_as_json(one) for one in people]}


@router.put("/{space_id}/invited/{handle}", status_code=204)
async def invite(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath, handle: HandlePath) -> None:
    await actions.invite_listener(kit, actor, SpaceId(space_id), handle)


@router.delete("/{space_id}/invited/{handle}", status_code=204)
async def uninvite(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath, handle: HandlePath) -> None:
    """From the answer on, this person hears nothing more."""
    await actions.uninvite_listener(kit, actor, SpaceId(space_id), handle)


@router.put("/{space_id}/hidden", status_code=204)
async def hide(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath) -> None:
    """Who asks is in no list of listeners from now on, also before coming in; they are counted all the same.

    Whoever asks to speak is seen by the host, and whoever stands on the stage by everybody.
    """
    await actions.hide(kit, actor, SpaceId(space_id), is_hidden=True)


@router.delete("/{space_id}/hidden", status_code=204)
async def show(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath) -> None:
    await actions.hide(kit, actor, SpaceId(space_id), is_hidden=False)


@router.post("/{space_id}/start", response_model=SpaceAnswer)
async def start(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath) -> JsonObject:
    return await _as_json(kit, await actions.carry_out(kit, actor, SpaceId(space_id), Start()))


@router.post("/{space_id}/end", response_model=SpaceAnswer)
async def end(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath) -> JsonObject:
    return await _as_json(kit, await actions.carry_out(kit, actor, SpaceId(space_id), End()))


@router.post("/{space_id}/cancel", response_model=SpaceAnswer)
async def cancel(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath, scope: ScopeQuery = Stretch.THIS) -> JsonObject:
    """One of a series is called off alone, and the series goes on."""
    if scope is not Stretch.THIS:
        return await _as_json(kit, await changing.cancel(kit, actor, SpaceId(space_id), scope))
    return await _as_json(kit, await actions.carry_out(kit, actor, SpaceId(space_id), Cancel()))


@router.post("/{space_id}/recording/{verb}", response_model=SpaceAnswer)
async def recording_verb(
    kit: KitDep, actor: ActorDep, space_id: SpaceIdPath, verb: Literal["start", "pause", "stop"]
) -> JsonObject:
    """For the host and co-hosts. `start` also goes on after a pause; 507 when the disk is nearly full."""
    command: Any = COMMANDS[f"{verb}_recording"]
    return await _as_json(kit, await actions.carry_out(kit, actor, SpaceId(space_id), command()))


@router.post("/{space_id}/requests", response_model=ParticipantAnswer)
async def request_to_speak(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath) -> JsonObject:
    """The person who asks, or who stands on the stage already where everyone may speak."""
    space = await actions.carry_out(kit, actor, SpaceId(space_id), RequestToSpeak())
    me = space.participant_of(actions.person_of(actor).id)
    return _participant_as_json(space, me.id if me else None)


@router.post("/{space_id}/requests/{participant_id}/accept", response_model=ParticipantAnswer)
async def accept(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath, participant_id: ParticipantIdPath) -> JsonObject:
    return await _about(kit, actor, space_id, AcceptRequest(ParticipantId(participant_id)))


@router.post("/{space_id}/requests/{participant_id}/decline", response_model=ParticipantAnswer)
async def decline(kit: KitDep, actor: ActorDep, space_id: SpaceIdPath, participant_id: ParticipantIdPath) -> JsonObject:
    return await _about(kit, actor, space_id, DeclineRequest(ParticipantId(participant_id)))


@router.post("/{space_id}/participants/{participant_id}/{verb}", response_model=ParticipantAnswer)
async def participant_verb(
    kit: KitDep, actor: ActorDep, space_id: SpaceIdPath, participant_id: ParticipantIdPath, verb: Verb
) -> JsonObject:
    command: Any = COMMANDS[verb.replace("-", "_")]
    return await _about(kit, actor, space_id, command(ParticipantId(participant_id)))


async def _change_lineup(
    kit: Kit, actor: Actor, space_id: SpaceId, handle: str, role: Role | None, scope: Stretch
) -> None:
    if scope is Stretch.THIS:
        await actions.change_lineup(kit, actor, space_id, handle, role)
    else:
        await changing.change_lineup(kit, actor, space_id, handle, role, scope)


async def _about(kit: Kit, actor: Actor, space_id: str, command: PersonCommand) -> JsonObject:
    """Carry out and answer the person it was about, as they are now."""
    space = await actions.carry_out(kit, actor, SpaceId(space_id), command)
    return _participant_as_json(space, getattr(command, "participant_id", None))


def _participant_as_json(space: Space, participant_id: ParticipantId | None) -> JsonObject:
    found = space.people.get(participant_id) if participant_id is not None else None
    if found is None:
        raise ParticipantNotFoundError
    return {**participant_as_json(found), "requested_at": request_as_json(found)["requested_at"]}


async def _as_json(kit: Kit, space: Space) -> JsonObject:
    hosts = await actions.hosts_of(kit, [space])
    return space_as_json(space, hosts[space.id], kit.settings.address)
