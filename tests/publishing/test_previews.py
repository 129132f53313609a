"""What other sites see of a shared link."""

import io
import re
from html.parser import HTMLParser

import pytest
from PIL import Image, ImageChops, features

from tests.live.stage import live_space
from tests.world import World
from voxhall.kit.doors import SECURITY_HEADERS
from voxhall.publishing.previews import fonts
from voxhall.publishing.previews.picture import Shown, draw


class Head(HTMLParser):
    """The tags of a page, with the values as a reader of HTML understands them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.links: list[dict[str, str | None]] = []
        self.scripts: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "meta" and (name := found.get("property") or found.get("name")):
            self.meta[name] = found.get("content") or ""
        if tag == "link":
            self.links.append(found)
        if tag == "script":
            self.scripts.append(found)


async def test_a_spaces_page_names_it_its_host_and_its_state(world: World) -> None:
    ana = await world.person("ana")
    title = 'Waves & "particles" <script>alert(1)</script>'
    space = await live_space(ana, title=title)
    stranger = await world.browser()
    page = await stranger.get(f"/spaces/{space}")
    head = Head(page.text)
    assert head.meta["og:title"] == title
    assert head.meta["og:description"] == "Live now with ana."
    assert head.meta["twitter:card"] == "summary_large_image"
    assert "<script>alert" not in page.text
    written = [script for script in head.scripts if script.get("type") != "application/ld+json"]
    assert all(script.get("src") for script in written)
    picture = await stranger.get(head.meta["og:image"])
    assert picture.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(picture.content)).size == (1200, 630)

    # The stage as it is: with somebody more on it, it is another picture.
    ben = await world.person("ben")
    open_to_all = await live_space(ana, who_may_speak="everyone")
    before = (await stranger.get(f"/spaces/{open_to_all}/preview.png")).content
    assert (await ben.http.post(f"/api/v1/spaces/{open_to_all}/requests")).status_code == 200
    assert (await stranger.get(f"/spaces/{open_to_all}/preview.png")).content != before

    await ana.http.post(f"/api/v1/spaces/{space}/end")
    assert (await stranger.get(head.meta["og:image"])).content != picture.content


async def test_a_persons_page_shows_who_they_are(world: World) -> None:
    await world.person("ana")
    stranger = await world.browser()
    head = Head((await stranger.get("/@ana")).text)
    assert (head.meta["og:title"], head.meta["og:type"]) == ("ana", "profile")
    assert (await stranger.get("/@ana/preview.png")).status_code == 200


@pytest.mark.parametrize("path", ["/spaces/sp_nothing", "/@nobody"])
async def test_where_there_is_nothing_the_page_is_the_sites_own(small_world: World, path: str) -> None:
    stranger = await small_world.browser()
    page = await stranger.get(path)
    assert Head(page.text).meta["og:title"] == "Voxhall"
    assert (await stranger.get(f"{path}/preview.png")).status_code == 404


async def test_a_hidden_space_tells_strangers_nothing(small_world: World) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana, title="Between us", who_may_listen="invited")
    for who in (ana.http, await small_world.browser()):
        assert "Between us" not in (await who.get(f"/spaces/{space}")).text
        assert (await who.get(f"/spaces/{space}/preview.png")).status_code == 404


async def test_oembed_answers_for_addresses_of_this_server_alone(small_world: World) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana, title="Evening radio")
    stranger = await small_world.browser()
    head = Head((await stranger.get(f"/spaces/{space}")).text)
    (address,) = [str(link["href"]) for link in head.links if link.get("type") == "application/json+oembed"]
    answer = await stranger.get(address)
    assert answer.headers["access-control-allow-origin"] == "*"
    found = answer.json()
    assert (found["version"], found["type"], found["title"]) == ("1.0", "link", "Evening radio")
    assert (found["author_name"], found["provider_name"]) == ("ana", "Voxhall")
    assert found["thumbnail_url"] == head.meta["og:image"]
    for elsewhere in ("https://evil.example/spaces/sp_1", "not an address", "http://[", head.meta["og:url"] + "x"):
        assert (await stranger.get("/oembed", params={"url": elsewhere})).status_code == 404
    assert (await stranger.get(address.replace("json&", "xml&"))).status_code == 501


async def test_every_route_answers_with_the_security_headers_and_nothing_inline(small_world: World) -> None:
    ana = await small_world.person("ana")
    space = await live_space(ana)
    described = (await ana.http.get("/api/v1/openapi.json")).json()["paths"]
    names = {"space_id": space, "handle": "ana"}
    paths = {re.sub(r"{(\w+)}", lambda name: names.get(name[1], "x"), path) for path in described}
    paths |= {"/", "/@ana", "/settings", "/spaces/new", f"/spaces/{space}", "/nothing", "/mark", "/api/docs"}
    paths |= {"/preview.png", "/oembed?url=x", "/api/docs/reference.js", "/_app/nothing.js", "/healthz", "/brand.css"}
    stranger = await small_world.browser()
    for path in sorted(paths):
        answer = await stranger.get(path)
        assert set(SECURITY_HEADERS) <= set(answer.headers), path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy, path
        assert "unsafe" not in policy, path
        if "html" in answer.headers.get("content-type", ""):
            # JSON-LD is data, which no browser runs; an end of its element within it would be found here.
            text = re.sub(r'<script type="application/ld\+json">[^<]*</script>', "", answer.text)
            assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|<style", text), path


def test_letters_are_shaped_and_cut_into_runs_by_script() -> None:
    assert features.check("raqm"), "without it Arabic letters stand apart and Hindi vowels in the wrong place"
    pieces = [(names[0], run) for names, run in fonts.runs("Tea, شاي! चाय 👩🏽‍🚀 茶")]
    assert [run for _, run in pieces] == ["Tea, ", "شاي! ", "चाय ", "👩🏽‍🚀", " ", "茶"]
    assert len({name for name, _ in pieces}) == 5
    assert fonts.is_right_to_left("«شاي» Tea")
    assert not fonts.is_right_to_left("12. Tea شاي")


@pytest.mark.parametrize("state", ["Live", "29 November 2026, 18:30 UTC", ""])
def test_the_longest_name_of_a_server_leaves_the_state_its_place(state: str) -> None:
    def first_line(site: str) -> Image.Image:
        shown = Shown(site, "A title", "Ana", state, is_live=state == "Live")
        with Image.open(io.BytesIO(draw(shown))) as picture:
            return picture.convert("L").crop((0, 60, 1200, 130))

    changed = ImageChops.difference(first_line(" "), first_line("M" * 60)).point(lambda value: 255 if value > 40 else 0)
    begun = first_line(" ").crop((200, 0, 1200, 70)).point(lambda value: 255 if value < 180 else 0).getbbox()
    end = (changed.getbbox() or (0, 0, 0, 0))[2]
    assert 600 < end < (begun[0] + 200 if begun else 1200 - 71)


@pytest.mark.parametrize("title", ["x" * 100, "夜" * 100, "שלום " * 20, "👩🏽‍🚀" * 25, ""])
def test_any_title_fits_the_picture(title: str) -> None:
    with Image.open(io.BytesIO(draw(Shown("Voxhall", title, title[:80], "Live", is_live=True)))) as picture:
        margins = [picture.convert("RGB").crop(box) for box in ((0, 140, 60, 620), (1160, 140, 1200, 620))]
        assert all(margin.getcolors() is not None and len(margin.getcolors() or []) == 1 for margin in margins)
