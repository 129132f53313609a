"""Where a picture is fetched. What stands under an address never changes: a new picture has a new one."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from voxhall.accounts.pictures import actions
from voxhall.accounts.pictures.drawing import MEDIA_TYPE
from voxhall.kit.web import KitDep

router = APIRouter(tags=["people"])

# Pages of other sites show a face beside a replay, so they may fetch it.
HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
}


@router.get("/pictures/{picture_id}.webp", response_class=Response, responses={200: {"content": {MEDIA_TYPE: {}}}})
async def picture(picture_id: Annotated[str, Path(max_length=64)], kit: KitDep) -> Response:
    return Response(await actions.read(kit, picture_id), media_type=MEDIA_TYPE, headers=HEADERS)
