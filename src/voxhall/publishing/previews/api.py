"""The pages that other sites look at: the same built page with a head of its own, its picture, and oEmbed 1.0."""

import asyncio
from collections import OrderedDict
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from voxhall.accounts.actions import user_by_handle
from voxhall.accounts.identity import ANONYMOUS
from voxhall.accounts.pictures import actions as faces
from voxhall.errors import NotFoundError, VoxhallError
from voxhall.kit import Kit
from voxhall.kit.pages import Pages
from voxhall.kit.web import KitDep
from voxhall.publishing.brand.model import Brand
from voxhall.publishing.previews import head
from voxhall.publishing.previews.head import Preview
from voxhall.publishing.previews.picture import HEIGHT, WIDTH, Shown, draw
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import Person, SpaceId

# A picture is 20 kB; more of them cost memory, fewer cost drawing again while a link makes its round.
PICTURES_KEPT = 200
PICTURE_LASTS_S = 300
# Any site may show it and look at what is public.
FOR_OTHERS = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": f"public, max-age={PICTURE_LASTS_S}",
}

Id = Annotated[str, Path(max_length=64)]
Handle = Annotated[str, Path(max_length=60)]


class OEmbed(BaseModel):
    version: str = "1.0"
    type: str = "link"
    title: str
    author_name: str | None
    author_url: str | None
    provider_name: str
    provider_url: str
    cache_age: int = PICTURE_LASTS_S
    thumbnail_url: str
    thumbnail_width: int = WIDTH
    thumbnail_height: int = HEIGHT


class Pictures:
    """Drawn one at a time, beside the loop, and kept while they are asked for."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Shown, bytes] = OrderedDict()
        self._turn = asyncio.Lock()

    async def of(self, shown: Shown) -> bytes:
        async with self._turn:
            if shown not in self._kept:
                self._kept[shown] = await asyncio.to_thread(draw, shown)
            self._kept.move_to_end(shown)
            while len(self._kept) > PICTURES_KEPT:
                self._kept.popitem(last=False)
            return self._kept[shown]


def router(pages: Pages, brand: Brand) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    pictures = Pictures()

    def page(kit: Kit, preview: Preview) -> Response:
        site, address = kit.settings.site_name, kit.settings.address
        return pages.with_head(head.page_title(preview, site), head.tags(preview, site, address))

    async def picture(kit: Kit, preview: Preview) -> Response:
        shown = replace(await _with_faces(kit, preview), accent=brand.accent, logo=brand.mark.on_preview())
        return Response(await pictures.of(shown), media_type="image/png", headers=FOR_OTHERS)

    @routes.get("/")
    async def home_page(kit: KitDep) -> Response:
        return page(kit, head.of_site(kit.settings.site_name, kit.settings.address))

    @routes.get("/preview.png")
    async def home_picture(kit: KitDep) -> Response:
        return await picture(kit, head.of_site(kit.settings.site_name, kit.settings.address))

    @routes.get("/spaces/{space_id}")
    async def space_page(kit: KitDep, space_id: Id) -> Response:
        return page(kit, await _or_site(kit, _of_space(kit, space_id)))

    @routes.get("/spaces/{space_id}/preview.png")
    async def space_picture(kit: KitDep, space_id: Id) -> Response:
        return await picture(kit, await _of_space(kit, space_id))

    @routes.get("/@{handle}")
    async def person_page(kit: KitDep, handle: Handle) -> Response:
        return page(kit, await _or_site(kit, _of_person(kit, handle)))

    @routes.get("/@{handle}/preview.png")
    async def person_picture(kit: KitDep, handle: Handle) -> Response:
        return await picture(kit, await _of_person(kit, handle))

    @routes.get("/oembed", include_in_schema=True, tags=["publishing"])
    async def oembed(
        kit: KitDep,
        url: Annotated[str, Query(max_length=500)],
        format: str = "json",  # noqa: A002 - oEmbed's own name
    ) -> Response:
        """oEmbed 1.0: what an address of this server is called, and its picture. 501 for a format other than JSON."""
        if format != "json":
            return Response(status_code=501, headers=FOR_OTHERS)
        return JSONResponse(_oembed(kit, await _of_address(kit, url)).model_dump(exclude_none=True), headers=FOR_OTHERS)

    return routes


async def _with_faces(kit: Kit, preview: Preview) -> Shown:
    """What is drawn, with the pictures of the people on it."""
    author, shown = preview.author, preview.shown
    mine = await faces.read(kit, author.picture) if author is not None and author.picture is not None else None
    images = [await faces.read(kit, one.picture) if one.picture is not None else None for one in shown.others]
    others = tuple(replace(one, image=image) for one, image in zip(shown.others, images, strict=True))
    return replace(shown, face=mine, others=others)


async def _or_site(kit: Kit, wanted: Any) -> Preview:
    """The page itself says what there is not; to strangers a hidden space and no space look the same."""
    try:
        found: Preview = await wanted
    except VoxhallError:
        found = head.of_site(kit.settings.site_name, kit.settings.address)
    return found


async def _of_space(kit: Kit, space_id: str) -> Preview:
    # As a stranger sees it: whoever posts a link does not show others what only they may see.
    space = await spaces.get_space(kit, SpaceId(space_id), ANONYMOUS)
    host = (await spaces.hosts_of(kit, [space]))[space.id]
    return head.of_space(space, host, kit.settings.site_name, kit.settings.address)


async def _of_person(kit: Kit, handle: str) -> Preview:
    user = await user_by_handle(kit, handle)
    person = Person(user.id, user.handle, user.display_name, user.picture)
    return head.of_person(person, user.bio, kit.settings.site_name, kit.settings.address)


async def _of_address(kit: Kit, url: str) -> Preview:
    try:
        parts, ours = urlsplit(url), urlsplit(kit.settings.address)
    except ValueError:
        raise NotFoundError from None
    if parts.netloc != ours.netloc:
        raise NotFoundError
    match parts.path.strip("/").split("/"):
        case [""]:
            return head.of_site(kit.settings.site_name, kit.settings.address)
        case ["spaces", space_id]:
            return await _of_space(kit, space_id)
        case [handle] if handle.startswith("@"):
            return await _of_person(kit, handle[1:])
    raise NotFoundError


def _oembed(kit: Kit, preview: Preview) -> OEmbed:
    author = preview.author
    return OEmbed(
        title=preview.title,
        author_name=author.display_name if author else None,
        author_url=f"{kit.settings.address}/@{author.handle}" if author and author.handle else None,
        provider_name=kit.settings.site_name,
        provider_url=kit.settings.address,
        thumbnail_url=preview.picture_url,
    )
