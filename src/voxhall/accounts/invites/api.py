"""Routes of invitations, the waiting list and the tree."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from voxhall.accounts.admission.api import require_administrator
from voxhall.accounts.answers import Named, named_as_json
from voxhall.accounts.deps import AccountsDep
from voxhall.accounts.identity import ActorDep
from voxhall.accounts.invites import actions
from voxhall.accounts.invites.model import Invite, InviteState, Waiting
from voxhall.accounts.model import Scope
from voxhall.errors import JsonObject
from voxhall.kit.clock import to_wire
from voxhall.kit.web import KitDep, PageDep, address_of, page_of

router = APIRouter(prefix="/api/v1", tags=["invites"])

Code = Annotated[str, Field(max_length=64)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InviteAnswer(BaseModel):
    id: str
    created_at: str
    expires_at: str
    state: InviteState
    used_by: Named | None


class NewInviteAnswer(InviteAnswer):
    code: str = Field(description="Shown this once.")
    url: str


class InvitesAnswer(BaseModel):
    items: list[InviteAnswer]
    next_cursor: str | None
    left: int = Field(description="How many more can be given out now.")


class CodeBody(Body):
    code: Code


class WaitingBody(Body):
    name: Annotated[str, Field(max_length=1_000)]
    note: Annotated[str, Field(max_length=5_000)] = ""


class TicketBody(Body):
    ticket: Code


class TicketAnswer(BaseModel):
    ticket: str = Field(description="To be kept: the invitation is given for it.")


class CollectedAnswer(BaseModel):
    code: str | None = Field(description="The invitation, once; null while waiting.")


class WaitingAnswer(BaseModel):
    id: str
    name: str
    note: str
    created_at: str


class WaitingPage(BaseModel):
    items: list[WaitingAnswer]
    next_cursor: str | None


class BranchAnswer(BaseModel):
    handle: str
    display_name: str
    invited_by: str | None
    created_at: str
    is_suspended: bool
    is_administrator: bool


class TreeAnswer(BaseModel):
    items: list[BranchAnswer]


class SuspendBody(Body):
    is_suspended: bool


class SuspendedAnswer(BaseModel):
    handles: list[str]


async def _slowly(request: Request, accounts: AccountsDep) -> None:
    """Strangers at these doors are counted like sign-ups."""
    await accounts.attempts.count_sign_up(address_of(request))


@router.get("/me/invites", response_model=InvitesAnswer)
async def invites(kit: KitDep, actor: ActorDep, page: PageDep) -> JsonObject:
    member = actor.require_user(Scope.ACCOUNT)
    found, left = await actions.invites_of(kit, member, page.after_time(), page.limit + 1)
    at = kit.clock.now()
    listed = page_of(
        found, page, lambda one: _invite(one, one.state_at(at)), lambda one: [one.created_at.isoformat(), one.id]
    )
    return {**listed, "left": left}


@router.post("/me/invites", status_code=201)
async def invite(kit: KitDep, actor: ActorDep) -> NewInviteAnswer:
    made, code = await actions.invite(kit, actor.require_user(Scope.ACCOUNT))
    # Behind the #, so that no server and no log on the way sees it.
    url = f"{kit.settings.address}/sign-up#invite={code}"
    return NewInviteAnswer.model_validate({**_invite(made, InviteState.OPEN), "code": code, "url": url})


@router.delete("/me/invites/{invite_id}", status_code=204)
async def take_back(invite_id: str, kit: KitDep, actor: ActorDep) -> None:
    await actions.take_back(kit, actor.require_user(Scope.ACCOUNT), invite_id)


@router.post("/invites/look", dependencies=[Depends(_slowly)])
async def look(body: CodeBody, kit: KitDep) -> Named:
    """By whom an invitation is; for the page on which somebody signs up with it."""
    inviter = await actions.inviter_of_code(kit, body.code)
    return Named.model_validate(named_as_json(inviter))


@router.post("/waiting-list", status_code=201, dependencies=[Depends(_slowly)])
async def wait(body: WaitingBody, kit: KitDep) -> TicketAnswer:
    return TicketAnswer(ticket=await actions.wait(kit, body.name, body.note))


@router.post("/waiting-list/collect")
async def collect(body: TicketBody, kit: KitDep) -> CollectedAnswer:
    return CollectedAnswer(code=await actions.collect(kit, body.ticket))


@router.get("/waiting-list", response_model=WaitingPage)
async def waiting(kit: KitDep, actor: ActorDep, page: PageDep) -> JsonObject:
    """For members: whom one might let in."""
    actor.require_user(Scope.ACCOUNT)
    found = await actions.waiting_people(kit, page.after_time(), page.limit + 1)
    return page_of(found, page, _waiting, lambda one: [one.created_at.isoformat(), one.id])


@router.post("/waiting-list/{waiting_id}/let-in", status_code=204)
async def let_in(waiting_id: str, kit: KitDep, actor: ActorDep) -> None:
    await actions.let_in(kit, actor.require_user(Scope.ACCOUNT), waiting_id)


@router.get("/admin/invite-tree")
async def tree(kit: KitDep, actor: ActorDep) -> TreeAnswer:
    require_administrator(actor)
    people = await actions.everybody(kit)
    items = []
    for user in people.values():
        inviter = people.get(user.invited_by) if user.invited_by is not None else None
        items.append(
            BranchAnswer(
                handle=user.handle,
                display_name=user.display_name,
                invited_by=inviter.handle if inviter is not None else None,
                created_at=to_wire(user.created_at),
                is_suspended=user.is_suspended,
                is_administrator=user.is_administrator,
            )
        )
    return TreeAnswer(items=items)


@router.put("/admin/branches/{handle}")
async def suspend(handle: str, body: SuspendBody, kit: KitDep, actor: ActorDep) -> SuspendedAnswer:
    """A person and everybody who came by them, directly or not."""
    administrator = require_administrator(actor)
    handles = await actions.suspend_branch(kit, administrator.id, handle, is_suspended=body.is_suspended)
    return SuspendedAnswer(handles=handles)


def _invite(one: Invite, state: InviteState) -> JsonObject:
    used_by = named_as_json(one.used_by) if one.used_by is not None else None
    return {
        "id": one.id,
        "created_at": to_wire(one.created_at),
        "expires_at": to_wire(one.expires_at),
        "state": state.value,
        "used_by": used_by,
    }


def _waiting(one: Waiting) -> JsonObject:
    return {"id": one.id, "name": one.name, "note": one.note, "created_at": to_wire(one.created_at)}
