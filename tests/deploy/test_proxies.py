"""The samples of deploy/ with the real proxies: pages, sockets, ranges, limits, and who it is that asks."""

import asyncio
import re
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import websockets.asyncio.client as websockets

from tests.live.stage import Socket
from tests.running import eventually, free_port
from tests.world import World, open_world
from voxhall.kit.tls.authority import Authority, open_authority

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
NAME = "live.example.org"
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {server}
}}
"""


def nginx(folder: Path, authority: Authority, backend: int, https: int, http: int) -> list[str]:
    sample = (DEPLOY / "nginx.conf").read_text()
    sample = re.sub(r"/etc/letsencrypt/\S+\.pem", str(authority.server), sample)
    sample = sample.replace("listen 80;", f"listen 127.0.0.1:{http};").replace("127.0.0.1:8400", f"127.0.0.1:{backend}")
    sample = sample.replace("listen 443 ssl;", f"listen 127.0.0.1:{https} ssl;")
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, server=sample))
    return ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, authority: Authority, backend: int, https: int, http: int) -> list[str]:
    sample = (DEPLOY / "Caddyfile").read_text().replace("127.0.0.1:8400", f"127.0.0.1:{backend}")
    own = f"{NAME} {{\n\ttls {authority.server} {authority.server}"
    ports = f"{{\n\tadmin off\n\thttp_port {http}\n\thttps_port {https}\n\tstorage file_system {folder}\n}}\n"
    (folder / "Caddyfile").write_text(ports + sample.replace(f"{NAME} {{", own))
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


PROXIES = {"nginx": nginx, "caddy": caddy}


@asynccontextmanager
async def proxied(name: str, folder: Path, world: World) -> AsyncIterator[tuple[int, int, ssl.SSLContext]]:
    """Its https port, its http port, and the trust in its certificate."""
    if shutil.which(name) is None:
        raise AssertionError(f"{name} is missing: run scripts/install-system-packages")
    authority = open_authority(folder / "authority", [NAME], datetime.now(UTC))
    https, http = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_STREAM)
    backend = int(world.address.rpartition(":")[2])
    command = PROXIES[name](folder, authority, backend, https, http)
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    try:
        await eventually(lambda: accepts(https), within_s=20)
        yield https, http, ssl.create_default_context(cafile=str(authority.certificate))
    finally:
        process.terminate()
        await process.wait()


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def visitor(port: int, trust: ssl.SSLContext, address: str) -> httpx2.AsyncClient:
    """Somebody who comes from this address."""
    transport = httpx2.AsyncHTTPTransport(verify=trust, local_address=address)
    return httpx2.AsyncClient(
        transport=transport,
        base_url=f"https://127.0.0.1:{port}",
        headers={"host": NAME},
    )


async def ask(client: httpx2.AsyncClient, method: str, path: str, **more: object) -> httpx2.Response:
    """With the name in the handshake, as a browser has it."""
    return await client.request(method, path, extensions={"sni_hostname": NAME}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PROXIES)
async def test_the_sample_serves_everything_and_says_who_asks(name: str, tmp_path: Path) -> None:
    async with open_world(tmp_path / "data") as world, proxied(name, tmp_path, world) as (https, http, trust):
        async with visitor(https, trust, "127.0.0.2") as ana, visitor(https, trust, "127.0.0.3") as bob:
            await pages_and_limits(ana)
            await the_address_counts(ana, bob)
        await the_socket_opens(world, https, trust)
        async with httpx2.AsyncClient() as plain:
            moved = await plain.get(f"http://127.0.0.1:{http}/spaces/sp_1", headers={"host": NAME})
            assert moved.status_code in {301, 308}
            assert moved.headers["location"].startswith(f"https://{NAME}")
            assert moved.headers["location"].endswith("/spaces/sp_1")


async def pages_and_limits(client: httpx2.AsyncClient) -> None:
    page = await ask(client, "GET", "/")
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
    part = await ask(client, "GET", "/_app/version.json", headers={"range": "bytes=0-9", "accept-encoding": "identity"})
    assert (part.status_code, len(part.content)) == (206, 10)
    large = await ask(client, "POST", "/api/v1/sessions", json={"handle": "ana", "password": "x" * 100_000})
    assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")


async def the_address_counts(ana: httpx2.AsyncClient, bob: httpx2.AsyncClient) -> None:
    """Ana guesses until she has to wait, whatever addresses she makes up; Bob need not."""
    guess = {"handle": "nobody", "password": "a guess at a password"}
    for number in range(10):
        made_up = {"x-forwarded-for": f"192.0.2.{number}", "forwarded": f"for=192.0.2.{number}"}
        assert (await ask(ana, "POST", "/api/v1/sessions", json=guess, headers=made_up)).status_code == 401
    assert (await ask(ana, "POST", "/api/v1/sessions", json=guess)).status_code == 429
    assert (await ask(bob, "POST", "/api/v1/sessions", json=guess)).status_code == 401


async def the_socket_opens(world: World, port: int, trust: ssl.SSLContext) -> None:
    host = await world.person("host")
    space = (await host.http.post("/api/v1/spaces", json={"title": "Tea"})).json()
    address = f"wss://{NAME}:{port}/api/v1/spaces/{space['id']}/live"
    async with websockets.connect(
        address, host="127.0.0.1", port=port, ssl=trust, server_hostname=NAME, open_timeout=10
    ) as opened:
        live = Socket(opened)
        await live.send({"type": "hello", "token": host.token, "after": None})
        assert (await live.receive())["type"] == "snapshot"
