"""Routes of passkeys. The options and credentials are WebAuthn's own JSON, as browsers read and write it."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from voxhall.accounts.answers import Account
from voxhall.accounts.api import Body, Text, account_of, device_of, signed_in
from voxhall.accounts.deps import AccountsDep
from voxhall.accounts.identity import ActorDep
from voxhall.accounts.model import Scope
from voxhall.accounts.passkeys import actions
from voxhall.accounts.passkeys.store import Passkey
from voxhall.kit.clock import to_wire
from voxhall.kit.web import KitDep, address_of

router = APIRouter(prefix="/api/v1", tags=["accounts"])

Credential = Annotated[dict[str, Any], Field(max_length=20)]


class CredentialBody(Body):
    credential: Credential


class NewPasskeyBody(CredentialBody):
    name: Text


class PasskeyAnswer(BaseModel):
    id: str
    name: str
    created_at: str
    used_at: str | None


class PasskeysAnswer(BaseModel):
    items: list[PasskeyAnswer]
    next_cursor: str | None = None


@router.get("/me/passkeys")
async def passkeys(kit: KitDep, actor: ActorDep) -> PasskeysAnswer:
    found = await actions.passkeys_of(kit, actor.require_user(Scope.ACCOUNT))
    return PasskeysAnswer(items=[_answer(one) for one in found])


@router.post("/me/passkeys/options")
async def creation_options(kit: KitDep, actor: ActorDep) -> dict[str, Any]:
    return await actions.creation_options(kit, actor.require_user(Scope.ACCOUNT))


@router.post("/me/passkeys", status_code=201)
async def add(body: NewPasskeyBody, kit: KitDep, actor: ActorDep) -> PasskeyAnswer:
    return _answer(await actions.add(kit, actor.require_user(Scope.ACCOUNT), body.credential, body.name))


@router.delete("/me/passkeys/{passkey_id}", status_code=204)
async def remove(passkey_id: str, kit: KitDep, actor: ActorDep) -> None:
    await actions.remove(kit, actor.require_user(Scope.ACCOUNT), passkey_id)


@router.post("/sessions/passkey/options")
async def request_options(request: Request, kit: KitDep, accounts: AccountsDep) -> dict[str, Any]:
    await accounts.attempts.count_question(address_of(request))
    return await actions.request_options(kit)


@router.post("/sessions/passkey", status_code=201)
async def sign_in(body: CredentialBody, request: Request, response: Response, kit: KitDep) -> Account:
    user, secret = await actions.sign_in(kit, body.credential, device=device_of(request))
    signed_in(kit, response, secret)
    return account_of(user)


def _answer(one: Passkey) -> PasskeyAnswer:
    return PasskeyAnswer(
        id=one.id,
        name=one.name,
        created_at=to_wire(one.created_at),
        used_at=to_wire(one.used_at) if one.used_at is not None else None,
    )
