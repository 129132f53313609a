"""What operators and programs ask a server about itself."""

from pathlib import Path

from tests.world import World
from voxhall.config import Settings
from voxhall.kit.pages import Pages


async def test_a_server_without_a_media_node_is_alive_but_not_ready(world: World) -> None:
    browser = await world.browser()
    assert (await browser.get("/healthz")).status_code == 200
    answer = await browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["missing"] == ["media"]
    assert answer.json()["parts"]["database"] == "ok"


async def test_the_description_names_every_operation(small_world: World) -> None:
    described = (await (await small_world.browser()).get("/api/v1/openapi.json")).json()
    assert {"/api/v1/users", "/api/v1/me", "/api/v1/me/tokens", "/healthz", "/readyz"} <= described["paths"].keys()


async def test_the_reference_page_needs_nothing_from_elsewhere(small_world: World) -> None:
    browser = await small_world.browser()
    for path, kind in (
        ("/api/docs", "text/html"),
        ("/api/docs/reference.js", "text/javascript"),
        ("/api/docs/reference.css", "text/css"),
    ):
        answer = await browser.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "https://" not in answer.text


async def test_a_server_without_built_pages_says_how_to_build_them(tmp_path: Path) -> None:
    status, _, body = await _get(Pages(tmp_path / "nothing"), "/")
    assert status == 503
    assert b"make run" in body


async def test_page_addresses_answer_the_page_and_files_themselves(tmp_path: Path) -> None:
    pages = _built(tmp_path)
    for path in ("/", "/spaces/sp_x", "/@ana", "/welcome"):
        status, headers, body = await _get(pages, path)
        assert (status, body) == (200, b"<html><script>start()</script></html>")
        assert headers["cache-control"] == "no-cache"
        # The start script's own hash, and no other script inline.
        assert "script-src 'self' 'sha256-" in headers["content-security-policy"]
    status, headers, body = await _get(pages, "/_app/immutable/start.abc.js")
    assert (status, body) == (200, b"start")
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-type"].startswith("text/javascript")


async def test_a_compressed_file_goes_to_who_can_read_it(tmp_path: Path) -> None:
    pages = _built(tmp_path)
    _, headers, body = await _get(pages, "/_app/immutable/start.abc.js", accept_encoding="gzip, br")
    assert (headers["content-encoding"], body) == ("br", b"compressed")
    assert headers["content-type"].startswith("text/javascript")
    _, headers, body = await _get(pages, "/_app/immutable/start.abc.js", accept_encoding="gzip")
    assert "content-encoding" not in headers
    assert headers["vary"] == "accept-encoding"


async def test_no_address_leads_out_of_the_folder(tmp_path: Path) -> None:
    pages = _built(tmp_path)
    (tmp_path / "secret.txt").write_text("secret")
    for path in ("/../secret.txt", "//../secret.txt", "/_app/../../secret.txt", "/missing.js", "/_app/missing"):
        status, _, body = await _get(pages, path)
        assert status == 404
        assert b"secret" not in body


async def test_a_new_build_is_served_without_a_restart(tmp_path: Path) -> None:
    pages = _built(tmp_path)
    await _get(pages, "/")
    (tmp_path / "static" / "new.js").write_text("new")
    index = tmp_path / "static" / "index.html"
    index.unlink()
    index.write_text("<html>new</html>")
    assert (await _get(pages, "/"))[2] == b"<html>new</html>"
    assert (await _get(pages, "/new.js"))[0] == 200


def test_addresses_are_words_that_a_browser_understands() -> None:
    assert Settings(host="0.0.0.0", port=80).address == "http://localhost:80"
    assert Settings(host="192.0.2.1").address == "http://192.0.2.1:8400"
    assert Settings(public_url="https://live.example.org/").address == "https://live.example.org"


def _built(folder: Path) -> Pages:
    static = folder / "static"
    (static / "_app" / "immutable").mkdir(parents=True)
    (static / "index.html").write_text("<html><script>start()</script></html>")
    (static / "_app" / "immutable" / "start.abc.js").write_text("start")
    (static / "_app" / "immutable" / "start.abc.js.br").write_text("compressed")
    return Pages(static)


async def _get(pages: Pages, path: str, accept_encoding: str = "") -> tuple[int, dict[str, str], bytes]:
    """One request to the pages, through the layer that answers errors."""
    import httpx2
    from fastapi import FastAPI

    from voxhall.kit.web import answer_errors

    app = FastAPI()
    answer_errors(app)
    app.router.default = pages
    # The path as it stands: a client that tidies it up would hide what a stranger can send.
    url = httpx2.URL("http://test", raw_path=path.encode())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as client:
        answer = await client.get(url, headers={"accept-encoding": accept_encoding})
        if "content-encoding" not in answer.headers:
            return answer.status_code, dict(answer.headers), answer.content
        async with client.stream("GET", url, headers={"accept-encoding": accept_encoding}) as stream:
            return stream.status_code, dict(stream.headers), b"".join([part async for part in stream.aiter_raw()])
