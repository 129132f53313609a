"""HTTPS: certificates that change while people are connected, and an authority for a network of one's own."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509

from tests.running import eventually
from voxhall.cli.control import Server, listen, server_config
from voxhall.config import Settings, load
from voxhall.errors import SettingsError
from voxhall.kit.clock import Clock
from voxhall.kit.doors import Receive, Scope, Send
from voxhall.kit.ids import Ids
from voxhall.kit.tls.authority import Authority, open_authority
from voxhall.kit.tls.contexts import BadCertificateError, ServerTls
from voxhall.kit.tls.plain_http import plain_http
from voxhall.kit.tls.service import keep_certificate, renewal_at

NOW = datetime.now(UTC)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def served(settings: Settings, *sockets: socket.socket, clock: Clock | None = None) -> AsyncIterator[ServerTls]:
    """A server that answers "ok" with the certificate of these settings and, on a second socket, plain HTTP."""
    async with keep_certificate(settings, clock or Clock(), Ids()) as certificate:
        assert certificate is not None
        tls, proofs = certificate
        plain = plain_http(settings.public_url, settings.port, proofs.http_at)
        configs = [server_config(settings, echo, tls), server_config(settings, plain)]
        servers = [Server(config) for config, _ in zip(configs, sockets, strict=False)]
        serving = [
            asyncio.create_task(server._serve([listening])) for server, listening in zip(servers, sockets, strict=True)
        ]
        await eventually(lambda: all(server.started for server in servers))
        try:
            yield tls
        finally:
            for server in servers:
                server.should_exit = True
            await asyncio.gather(*serving)


@asynccontextmanager
async def served_alone(settings: Settings) -> AsyncIterator[int]:
    with listen("127.0.0.1", 0) as listening:
        async with served(settings, listening):
            yield listening.getsockname()[1]


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.certificate))


@asynccontextmanager
async def connection(port: int, context: ssl.SSLContext, name: str = "localhost") -> "AsyncIterator[Connection]":
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        # The other side may be gone already.
        with suppress(OSError):
            await writer.wait_closed()


class Connection:
    """Stays open between two requests, as a browser's does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @property
    def serial(self) -> int:
        shown = self._writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return x509.load_der_x509_certificate(shown).serial_number

    async def ask(self) -> bytes:
        self._writer.write(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        head = await self._reader.readuntil(b"\r\n\r\n")
        return head.split(b" ")[1] + b" " + await self._reader.readexactly(2)


async def test_a_renewed_certificate_is_used_and_who_is_connected_stays(tmp_path: Path) -> None:
    authority = open_authority(tmp_path / "authority", ["localhost"], NOW)
    chain = tmp_path / "own.pem"
    chain.write_bytes(authority.server.read_bytes())
    async with served_alone(Settings(tls_cert=chain, tls_key=chain)) as port:
        context = trusting(authority)
        async with connection(port, context) as stays:
            first = before = stays.serial
            for _ in range(2):
                # Half of the new one is on the disk: the old one stays in use.
                chain.write_text("half a certificate")
                open_authority(tmp_path / "authority", ["localhost"], NOW)
                assert await shown(port, context) == before
                chain.write_bytes(authority.server.read_bytes())
                before = await eventually_another(port, context, before)
                assert await stays.ask() == b"200 ok"
            assert stays.serial == first


async def shown(port: int, context: ssl.SSLContext, name: str = "localhost") -> int:
    """The serial number of the certificate that somebody new gets to see."""
    async with connection(port, context, name) as new:
        assert await new.ask() == b"200 ok"
        return new.serial


async def eventually_another(
    port: int, context: ssl.SSLContext, before: int, name: str = "localhost", within_s: float = 10
) -> int:
    """The serial number of the next one; a look costs a handshake, so it is not taken too often."""
    for _ in range(int(within_s / 0.1)):
        if (now := await shown(port, context, name)) != before:
            return now
        await asyncio.sleep(0.1)
    raise AssertionError(f"the same certificate after {within_s} s")


async def test_an_own_authority_is_trusted_by_name_and_by_address(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, tls="self")
    async with served_alone(settings) as port:
        context = trusting(Authority(settings.authority_folder))
        for name in ("localhost", "127.0.0.1", socket.gethostname()):
            await shown(port, context, name)
        with pytest.raises(ssl.SSLCertVerificationError):
            await shown(port, context, "voxhall.example.org")
        with pytest.raises(ssl.SSLCertVerificationError):
            await shown(port, ssl.create_default_context())
    key = settings.authority_folder / "authority.key"
    assert key.stat().st_mode & 0o077 == 0
    kept = key.read_bytes()
    async with served_alone(settings):
        assert key.read_bytes() == kept


def test_an_own_authority_cannot_vouch_for_the_rest_of_the_web(tmp_path: Path) -> None:
    """Even whoever steals its key."""
    authority = open_authority(tmp_path, ["voxhall.example.org"], NOW)
    open_authority(tmp_path, ["bank.example.com"], NOW)
    context = trusting(authority)
    server, client = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ServerTls()
    tls.use(authority.server)
    serving = tls.context.wrap_bio(client, server, server_side=True)
    asking = context.wrap_bio(server, client, server_hostname="bank.example.com")
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        shake_hands(asking, serving)


def shake_hands(*ends: ssl.SSLObject) -> None:
    for _ in range(4):
        for end in ends:
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()


def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    one = open_authority(tmp_path / "one", ["localhost"], NOW).server
    other = tmp_path / "other.key"
    other.write_bytes(open_authority(tmp_path / "other", ["localhost"], NOW).key.read_bytes())
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    for chain, key, reason in (
        (one, other, "the key does not fit it"),
        (nonsense, one, "it is not PEM"),
        (tmp_path / "absent.pem", one, "No such file or directory"),
    ):
        with pytest.raises(BadCertificateError, match=reason):
            ServerTls().use(chain, key)


async def test_plain_http_leads_to_https_and_shows_proofs_to_the_authority() -> None:
    async def ask(url: str | None, host: str, path: str) -> httpx2.Response:
        app = plain_http(url, 8400, {"/.well-known/acme-challenge/here": "proof"}.get)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://any") as client:
            return await client.get(path, headers={"host": host})

    assert (await ask("https://live.example.org", "evil.example", "/a%20b?c=d")).headers["location"] == (
        "https://live.example.org/a%20b?c=d"
    )
    assert (await ask(None, "192.168.1.5:80", "/")).headers["location"] == "https://192.168.1.5:8400/"
    assert (await ask(None, "[fd00::1]", "/")).headers["location"] == "https://[fd00::1]:8400/"
    assert (await ask(None, "evil.example/@", "/")).status_code == 400
    assert (await ask(None, "any", "/.well-known/acme-challenge/here")).text == "proof"
    assert (await ask(None, "any", "/.well-known/acme-challenge/not-here")).status_code == 404


def test_a_renewal_comes_at_two_thirds_of_the_life_and_not_for_all_at_once() -> None:
    begins, ends = NOW, NOW + timedelta(days=90)
    assert renewal_at(begins, ends, 0.0) == NOW + timedelta(days=60)
    assert renewal_at(begins, ends, 0.999) < NOW + timedelta(days=63)


def test_a_name_is_enough_to_be_on_the_internet() -> None:
    settings = load({"domain": "live.example.org"})
    assert (settings.host, settings.port, settings.http_port) == ("0.0.0.0", 443, 80)
    assert settings.address == "https://live.example.org"
    assert load({"domain": "live.example.org", "port": "8443"}).port == 8443
    for flags in ({"domain": "live"}, {"domain": "a b.org"}, {"tls_cert": "x"}, {"tls": "self", "domain": "a.example"}):
        with pytest.raises(SettingsError):
            load(flags)
