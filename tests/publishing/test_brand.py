"""An operator's own name, accent and logo, wherever a browser, a home screen and another site see them."""

import io
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.accounts.test_pictures import bomb
from tests.publishing.test_previews import Head
from tests.world import World, open_world
from voxhall.config import Settings
from voxhall.errors import SettingsError
from voxhall.publishing.brand.api import open_brand
from voxhall.publishing.brand.colors import palette
from voxhall.publishing.brand.model import short_name

NAME = 'Hafen & "Radio" <b>'
YELLOW = "#ffee00"
BLUE = (20, 60, 200)
LASTING = "public, max-age=31536000, immutable"


def logo_file(folder: Path, size: tuple[int, int] = (600, 600), form: str = "PNG", color: Any = BLUE) -> Path:
    """A disc with nothing around it."""
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((20, 20, size[0] - 20, size[1] - 20), fill=color)
    path = folder / f"logo.{form.lower()}"
    (picture if form == "PNG" else picture.convert("RGB")).save(path, form)
    return path


def branded(folder: Path, **wishes: Any) -> AbstractAsyncContextManager[World]:
    if "site_logo" not in wishes:
        wishes["site_logo"] = logo_file(folder)
    return open_world(folder / "data", **{"site_name": NAME, "site_accent": YELLOW, **wishes})


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGBA")


def links(head: Head) -> dict[str, str]:
    return {str(link["rel"]): str(link["href"]) for link in head.links if link.get("rel") != "modulepreload"}


async def test_every_page_says_whose_server_it_is(tmp_path: Path) -> None:
    async with branded(tmp_path) as world:
        stranger = await world.browser()
        await world.person("ana")
        for path in ("/", "/settings", "/@ana", "/spaces/sp_nothing", "/index.html", "/nothing/at/all"):
            page = await stranger.get(path)
            head = Head(page.text)
            assert head.meta["application-name"] == NAME, path
            assert page.text.count('name="application-name"') == 1, path
            assert "<b>" not in page.text, path
            assert links(head)["icon"].startswith("/mark?v="), path
            assert "content-security-policy" in page.headers, path
        assert "<title>Hafen &amp; &quot;Radio&quot; &lt;b&gt;</title>" in (await stranger.get("/settings")).text


async def test_the_accent_is_a_stylesheet_of_its_own_in_both_schemes(tmp_path: Path) -> None:
    async with branded(tmp_path) as world:
        stranger = await world.browser()
        head = Head((await stranger.get("/settings")).text)
        (address,) = [str(link["href"]) for link in head.links if str(link["href"]).startswith("/brand.css")]
        answer = await stranger.get(address)
        assert answer.headers["content-type"].startswith("text/css")
        light, dark = palette(YELLOW).light, palette(YELLOW).dark
        for name, one, other in (
            ("accent", light.accent, dark.accent),
            ("on-accent", light.on_accent, dark.on_accent),
            ("accent-wash", light.wash, dark.wash),
        ):
            assert f"--{name}: light-dark({one}, {other});" in answer.text


async def test_without_a_wish_everything_is_ours(small_world: World) -> None:
    stranger = await small_world.browser()
    page = (await stranger.get("/settings")).text
    assert "brand.css" not in page
    assert "<title>Voxhall</title>" in page
    # It is there all the same, for pages that are kept for when there is no network.
    assert (await stranger.get("/brand.css")).text == ""
    mark = await stranger.get(links(Head(page))["icon"])
    assert mark.headers["content-type"] == "image/svg+xml"
    assert 'fill="#b8341a"' in mark.text
    assert (await stranger.get("/manifest.webmanifest")).json()["name"] == "Voxhall"


async def test_an_accent_alone_colours_our_mark_too(tmp_path: Path) -> None:
    async with branded(tmp_path, site_logo=None) as world:
        stranger = await world.browser()
        shade = palette(YELLOW).light.accent
        assert f'fill="{shade}"' in (await stranger.get("/mark")).text
        for path in ("/icon-180.png", "/icon-192.png", "/icon-512.png", "/icon-maskable.png"):
            assert hexadecimal(opened((await stranger.get(path)).content), (2, 2)) == shade
        preview = opened((await stranger.get("/preview.png")).content)
        assert close(hexadecimal(preview, (600, 4)), shade)


async def test_the_manifest_is_one_by_which_a_phone_installs_it(tmp_path: Path) -> None:
    async with branded(tmp_path, site_name="Hafenradio Altona") as world:
        stranger = await world.browser()
        head = Head((await stranger.get("/")).text)
        answer = await stranger.get(links(head)["manifest"])
        assert answer.headers["content-type"] == "application/manifest+json"
        assert answer.headers["cache-control"] == "no-cache"
        manifest = answer.json()
        assert (manifest["name"], manifest["short_name"]) == ("Hafenradio Altona", "Hafenradio")
        assert (manifest["display"], manifest["start_url"], manifest["scope"]) == ("standalone", "/", "/")
        assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
            ("192x192", "any"),
            ("512x512", "any"),
            ("512x512", "maskable"),
        }
        for icon in manifest["icons"]:
            picture = await stranger.get(icon["src"])
            assert picture.headers["content-type"] == icon["type"] == "image/png"
            assert "{}x{}".format(*opened(picture.content).size) == icon["sizes"]


async def test_the_logo_is_on_pages_on_home_screens_and_on_previews(tmp_path: Path) -> None:
    async with branded(tmp_path) as world:
        stranger = await world.browser()
        head = Head((await stranger.get("/")).text)
        mark = await stranger.get(links(head)["icon"])
        assert (mark.headers["content-type"], mark.headers["x-content-type-options"]) == ("image/png", "nosniff")
        for address in (links(head)["icon"], "/icon-192.png", "/icon-512.png"):
            picture = opened((await stranger.get(address)).content)
            middle = picture.width // 2
            assert picture.getpixel((middle, middle)) == (*BLUE, 255)
            assert picture.getpixel((0, 0)) == (0, 0, 0, 0)
        touch = opened((await stranger.get(links(head)["apple-touch-icon"])).content)
        assert touch.getchannel("A").getextrema() == (255, 255)
        assert hexadecimal(touch, (90, 90)) == "#143cc8"
        assert hexadecimal(touch, (8, 90)) == hexadecimal(touch, (0, 0)) == "#faf9f6"
        preview = opened((await stranger.get("/preview.png")).content)
        assert close(hexadecimal(preview, (100, 96)), "#143cc8")


@pytest.mark.parametrize("shape", ["round", "square", "full"])
async def test_no_shape_that_a_phone_cuts_takes_anything_of_the_logo(tmp_path: Path, shape: str) -> None:
    """The circle of 80 % that the W3C's manifest promises for a maskable icon: outside of it is one colour."""
    picture = Image.new("RGBA", (600, 600), "yellow" if shape == "full" else (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    if shape == "square":
        pen.rectangle((10, 10, 589, 589), fill=BLUE)
    else:
        pen.ellipse((0, 0, 599, 599), fill=BLUE)
    picture.save(tmp_path / "logo.png")
    async with branded(tmp_path, site_logo=tmp_path / "logo.png") as world:
        icon = opened((await (await world.browser()).get("/icon-maskable.png")).content)
    assert icon.getchannel("A").getextrema() == (255, 255)
    background = icon.getpixel((0, 0))
    assert background == ((255, 255, 0, 255) if shape == "full" else (250, 249, 246, 255))
    ImageDraw.Draw(icon).ellipse((51, 51, 460, 460), fill=background)
    assert icon.getcolors() == [(512 * 512, background)]


async def test_a_logo_that_only_darkness_shows_gets_dark_behind_it(tmp_path: Path) -> None:
    async with branded(tmp_path, site_logo=logo_file(tmp_path, color="white")) as world:
        touch = opened((await (await world.browser()).get("/icon-180.png")).content)
        assert hexadecimal(touch, (0, 0)) == "#141312"


async def test_a_new_brand_is_seen_by_who_kept_the_old_one(tmp_path: Path) -> None:
    """Addresses in the head change with it, and so does the script that keeps pages for when there is no network."""
    seen = []
    (tmp_path / "other").mkdir()
    other = logo_file(tmp_path / "other", color=(200, 20, 20))
    for wishes in ({}, {"site_name": "Other"}, {"site_accent": "#0b6e4f"}, {"site_logo": other}):
        async with branded(tmp_path, **wishes) as world:
            stranger = await world.browser()
            icon = links(Head((await stranger.get("/")).text))["icon"]
            script = await stranger.get("/service-worker.js")
            assert script.headers["cache-control"] == "no-cache"
            assert script.headers["content-type"].startswith("text/javascript")
            assert (await stranger.get(icon)).headers["cache-control"] == LASTING
            for address in ("/mark", "/mark?v=old", "/icon-192.png", "/brand.css", "/manifest.webmanifest"):
                assert (await stranger.get(address)).headers["cache-control"] == "no-cache", address
            seen.append((icon, script.text))
    assert len({icon for icon, _ in seen}) == len({script for _, script in seen}) == len(seen)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Voxhall", "Voxhall"),
        ("Twelve chars", "Twelve chars"),
        ("The Evening Radio", "The Evening"),
        ("Donaudampfschifffahrt Wien", "Donaudampfschifffahrt Wien"),
    ],
)
def test_under_an_icon_stand_as_many_words_as_there_is_room_for(name: str, short: str) -> None:
    assert short_name(name) == short


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "P", "1", "I;16"])
def test_a_png_of_any_kind_is_a_logo(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (512, 512), (1, 255) if mode == "LA" else 1).save(tmp_path / "logo.png")
    mark = open_brand(Settings(data=tmp_path, site_logo=tmp_path / "logo.png")).mark
    for drawn in (mark.on_pages(), mark.icon(512), mark.touch_icon(180), mark.maskable_icon(512)):
        assert opened(drawn).width == opened(drawn).height


async def test_a_logo_that_cannot_be_used_is_named_with_the_reason(tmp_path: Path) -> None:
    def said_of(content: bytes | None) -> str:
        path = tmp_path / "tried"
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(SettingsError) as refused:
            open_brand(Settings(data=tmp_path, site_logo=path))
        return str(refused.value)

    assert said_of(None) == "site_logo cannot be used: the file cannot be read (No such file or directory)."
    assert "SVG" in said_of(b'<?xml version="1.0"?><svg onload="alert(1)"/>')
    assert "SVG" in said_of(b"\n<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert "no PNG" in said_of(b"not a picture at all")
    assert "no PNG" in said_of(b"")
    assert "no PNG" in said_of(logo_file(tmp_path, form="JPEG").read_bytes())
    assert "no PNG" in said_of(logo_file(tmp_path).read_bytes()[:300])
    assert "600 × 300" in said_of(logo_file(tmp_path, (600, 300)).read_bytes())
    assert "200 × 200" in said_of(logo_file(tmp_path, (200, 200)).read_bytes())
    # What says that it is huge is not decoded to find out.
    assert "5000 × 5000" in said_of(bomb(5_000))
    assert "no PNG" in said_of(bomb(60_000))
    assert "larger than 4 MiB" in said_of(b"\x89PNG\r\n\x1a\n" + bytes(4 * 1024 * 1024))
    assert "nothing to be seen" in said_of(logo_file(tmp_path, color=(0, 0, 0, 0)).read_bytes())
    assert "nothing to be seen" in said_of(logo_file(tmp_path, color=(*BLUE, 60)).read_bytes())
    # A folder and what is no file at all are read no differently.
    with pytest.raises(SettingsError, match="cannot be read"):
        open_brand(Settings(data=tmp_path, site_logo=tmp_path))


def hexadecimal(picture: Image.Image, place: tuple[int, int]) -> str:
    color = picture.getpixel(place)
    assert isinstance(color, tuple)
    return "#" + "".join(f"{part:02x}" for part in color[:3])


def close(one: str, other: str) -> bool:
    """A preview has a palette of 128 colours."""
    return all(abs(int(one[at : at + 2], 16) - int(other[at : at + 2], 16)) <= 6 for at in (1, 3, 5))
