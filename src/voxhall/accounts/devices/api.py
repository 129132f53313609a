"""Routes of the devices an account is signed in on."""

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request

from voxhall.accounts.devices import store
from voxhall.accounts.identity import SESSION_COOKIE, ActorDep
from voxhall.accounts.model import Scope
from voxhall.errors import NotFoundError
from voxhall.kit.clock import to_wire
from voxhall.kit.ids import hash_token
from voxhall.kit.web import KitDep

router = APIRouter(prefix="/api/v1/me/sessions", tags=["accounts"])


class DeviceAnswer(BaseModel):
    id: str
    device: str = Field(description='"Firefox on Android"; empty where nothing is known of it.')
    created_at: str
    expires_at: str
    used_at: str | None = Field(description="To the hour; null where it was made by an older version.")
    is_current: bool


class DevicesAnswer(BaseModel):
    items: list[DeviceAnswer]
    next_cursor: str | None = None


@router.get("")
async def devices(kit: KitDep, actor: ActorDep, request: Request) -> DevicesAnswer:
    user = actor.require_user(Scope.ACCOUNT)
    current = hash_token(request.cookies.get(SESSION_COOKIE, ""))
    async with kit.db.read() as connection:
        found = await store.devices_of(connection, user.id, kit.clock.now())
    return DevicesAnswer(
        items=[
            DeviceAnswer(
                id=device.id,
                device=device.name,
                created_at=to_wire(device.created_at),
                expires_at=to_wire(device.expires_at),
                used_at=to_wire(device.used_at) if device.used_at is not None else None,
                is_current=token_hash == current,
            )
            for token_hash, device in found
        ]
    )


@router.delete("/{device_id}", status_code=204)
async def sign_out_device(kit: KitDep, actor: ActorDep, device_id: str) -> None:
    """From the answer on, that device is signed out."""
    user = actor.require_user(Scope.ACCOUNT)
    async with kit.db.write() as tx:
        for token_hash, device in await store.devices_of(tx, user.id, kit.clock.now()):
            if device.id == device_id:
                await store.remove(tx, token_hash)
                return
    raise NotFoundError
