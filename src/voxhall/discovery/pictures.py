"""One's own picture: sent as it is, shown from the answer on wherever one's face appears."""

from fastapi import APIRouter
from starlette.requests import Request

from voxhall.accounts.deps import AccountsDep
from voxhall.accounts.identity import ActorDep
from voxhall.accounts.model import Scope
from voxhall.accounts.pictures import actions as pictures
from voxhall.discovery.answers import Me
from voxhall.discovery.profiles import me_as_json
from voxhall.errors import JsonObject, UnsupportedTypeError
from voxhall.kit.web import KitDep
from voxhall.spaces import actions as spaces

router = APIRouter()


@router.put(
    "/me/picture",
    response_model=Me,
    openapi_extra={"requestBody": {"required": True, "content": {"image/*": {}}}},
)
async def show_picture(request: Request, kit: KitDep, accounts: AccountsDep, actor: ActorDep) -> JsonObject:
    """A JPEG, PNG, WebP or GIF of at most 8 MiB and 25 million pixels. Its middle is kept, and nothing it says of
    itself."""
    user = actor.require_user(Scope.ACCOUNT)
    if not request.headers.get("content-type", "").startswith("image/"):
        raise UnsupportedTypeError
    drawn = await accounts.drawing.face_of(await request.body())
    async with kit.db.write() as tx:
        picture_id = await pictures.show(kit, tx, user, drawn)
        await spaces.show_picture(tx, user.id, picture_id)
    return await me_as_json(kit, user.id)


@router.delete("/me/picture", response_model=Me)
async def remove_picture(kit: KitDep, actor: ActorDep) -> JsonObject:
    user = actor.require_user(Scope.ACCOUNT)
    async with kit.db.write() as tx:
        await pictures.remove(kit, tx, user.id)
        await spaces.show_picture(tx, user.id, None)
    return await me_as_json(kit, user.id)
