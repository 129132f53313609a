"""Everything by which a browser, a home screen and a tab know whose server this is, at addresses that never change.

The addresses in a page's head carry the brand's version, so that what is kept under one is right for ever; asked
without it, each is asked for anew.
"""

import hashlib

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from voxhall import __version__
from voxhall.config import Settings
from voxhall.kit.pages import IMMUTABLE
from voxhall.publishing.brand.colors import ACCENT, palette
from voxhall.publishing.brand.logo import read_logo
from voxhall.publishing.brand.mark import Mark
from voxhall.publishing.brand.model import Brand, manifest_of, stylesheet

# What is kept of the hash; two brands that one server has one after the other differ in it.
VERSION_LENGTH = 10


def open_brand(settings: Settings) -> Brand:
    """SettingsError for a logo that cannot be used."""
    shades = palette(settings.site_accent) if settings.site_accent else None
    logo = read_logo(settings.site_logo) if settings.site_logo else None
    accent = shades.light.accent if shades else ACCENT
    # With our own version, because what is drawn for the same wishes may be another picture in the next.
    seen = hashlib.sha256(f"{__version__}\n{settings.site_name}\n{settings.site_accent}\n".encode())
    seen.update(logo.tobytes() if logo else b"")
    return Brand(settings.site_name, shades, Mark(accent, logo), seen.hexdigest()[:VERSION_LENGTH])


def router(brand: Brand) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    def kept(content: bytes | str, media_type: str, v: str) -> Response:
        cache = IMMUTABLE if v == brand.version else "no-cache"
        return Response(content, media_type=media_type, headers={"cache-control": cache})

    @routes.get("/manifest.webmanifest")
    async def manifest() -> Response:
        return JSONResponse(
            manifest_of(brand), media_type="application/manifest+json", headers={"cache-control": "no-cache"}
        )

    @routes.get("/brand.css")
    async def accent(v: str = "") -> Response:
        return kept(stylesheet(brand.palette), "text/css", v)

    # In a thread, these: the first of each is drawn.
    @routes.get("/mark")
    def mark(v: str = "") -> Response:
        return kept(brand.mark.on_pages(), brand.mark.media_type, v)

    @routes.get("/icon-180.png")
    def touch_icon(v: str = "") -> Response:
        return kept(brand.mark.touch_icon(180), "image/png", v)

    @routes.get("/icon-192.png")
    def small_icon(v: str = "") -> Response:
        return kept(brand.mark.icon(192), "image/png", v)

    @routes.get("/icon-512.png")
    def large_icon(v: str = "") -> Response:
        return kept(brand.mark.icon(512), "image/png", v)

    @routes.get("/icon-maskable.png")
    def maskable_icon(v: str = "") -> Response:
        return kept(brand.mark.maskable_icon(512), "image/png", v)

    return routes
