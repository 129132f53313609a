"""A picture of somebody: what is taken, what is kept of it, and where it is seen."""

import io
import struct
import zlib

import pytest
from PIL import Image

from tests.live.stage import Node, live_space, whip
from tests.world import World

PNG = {"content-type": "image/png"}


def encoded(form: str = "PNG", size: tuple[int, int] = (640, 480), **wishes: object) -> bytes:
    out = io.BytesIO()
    mode = "RGBA" if form in {"PNG", "WEBP"} else "RGB"
    Image.new(mode, size, (200, 30, 60)).save(out, form, **wishes)
    return out.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that says it is `side` pixels wide and high."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


async def test_a_picture_is_seen_wherever_its_owner_is_and_gone_when_removed(world: World, node: Node) -> None:
    ana, ben = await world.person("ana"), await world.person("ben")
    space = await live_space(ana, who_may_speak="everyone")
    await whip(ben, space)
    stranger = await world.browser()
    plain = (await stranger.get(f"/spaces/{space}/preview.png")).content
    exif = Image.Exif()
    exif[0x010F] = "A telephone of a secret maker"
    told = await ana.http.put(
        "/api/v1/me/picture", content=encoded("JPEG", exif=exif), headers={"content-type": "image/jpeg"}
    )
    assert told.status_code == 200, told.text
    address = told.json()["picture"]

    seen = await stranger.get(address)
    assert seen.headers["content-type"] == "image/webp"
    assert "immutable" in seen.headers["cache-control"]
    assert seen.headers["x-content-type-options"] == "nosniff"
    assert b"secret maker" not in seen.content
    with Image.open(io.BytesIO(seen.content)) as shown:
        assert (shown.format, shown.size) == ("WEBP", (256, 256))
        assert not shown.getexif()
    head = await stranger.head(address)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(seen.content)))

    async def pictures() -> set[str | None]:
        shown = (await stranger.get(f"/api/v1/spaces/{space}")).json()
        profile = (await stranger.get("/api/v1/users/ana")).json()
        found = (await stranger.get("/api/v1/search", params={"q": "ana", "kind": "people"})).json()["people"][0]
        home = {one["name"]: one["items"] for one in (await stranger.get("/api/v1/home")).json()["sections"]}
        listed = (await stranger.get("/api/v1/spaces")).json()["items"][0]
        people = (await ana.http.get(f"/api/v1/spaces/{space}/participants")).json()["items"]
        return {
            shown["host"]["picture"],
            profile["picture"],
            found["picture"],
            home["live"][0]["host"]["picture"],
            *(one["picture"] for one in listed["speakers"] if one["handle"] == "ana"),
            *(one["picture"] for one in people if one["handle"] == "ana"),
        }

    assert await pictures() == {address}
    assert (await stranger.get(f"/spaces/{space}/preview.png")).content != plain

    again = await ana.http.put("/api/v1/me/picture", content=encoded(), headers=PNG)
    assert again.json()["picture"] != address
    assert (await stranger.get(address)).status_code == 404
    removed = await ana.http.delete("/api/v1/me/picture")
    assert removed.json()["picture"] is None
    assert (await stranger.get(again.json()["picture"])).status_code == 404
    assert await pictures() == {None}
    assert (await stranger.get(f"/spaces/{space}/preview.png")).content == plain


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 422),
        (b"GIF89a", 422),
        (encoded()[:200], 422),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 422),
        (encoded("BMP"), 422),
        (bomb(60_000), 422),
        (bomb(5_001), 422),
        (b"\x89PNG" + b"x" * (8 * 1024 * 1024), 413),
    ],
    ids=["nothing", "a torn GIF", "a torn PNG", "SVG", "BMP", "a bomb", "one pixel too many", "9 MB"],
)
async def test_what_is_no_picture_changes_nothing(small_world: World, sent: bytes, status: int) -> None:
    ana = await small_world.person("ana")
    before = (await ana.http.put("/api/v1/me/picture", content=encoded("GIF"), headers=PNG)).json()["picture"]
    answer = await ana.http.put("/api/v1/me/picture", content=sent, headers=PNG)
    assert answer.status_code == status, answer.text
    assert (await ana.http.get("/api/v1/me")).json()["picture"] == before
    refused = await (await small_world.browser()).put("/api/v1/me/picture", content=encoded(), headers=PNG)
    assert refused.status_code == 401
    as_text = await ana.http.put("/api/v1/me/picture", content=encoded(), headers={"content-type": "text/html"})
    assert as_text.status_code == 415


async def test_a_picture_stands_as_the_telephone_was_held(small_world: World) -> None:
    ana = await small_world.person("ana")
    exif = Image.Exif()
    # "Turn by 90 degrees": the upper half of what is stored lies at the right.
    exif[0x0112] = 6
    picture = Image.new("RGB", (400, 400), "blue")
    picture.paste("red", (0, 0, 400, 200))
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    told = await ana.http.put("/api/v1/me/picture", content=out.getvalue(), headers={"content-type": "image/jpeg"})
    with Image.open(io.BytesIO((await ana.http.get(told.json()["picture"])).content)) as shown:
        left, right = shown.convert("RGB").getpixel((40, 128)), shown.convert("RGB").getpixel((216, 128))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[2] > 200 > left[0]
    assert right[0] > 200 > right[2]
