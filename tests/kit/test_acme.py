"""A certificate that the server gets by itself, from a real authority that looks at our ports, and renews unnoticed."""

import socket
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.kit.pebble import PROGRAM, running_pebble
from tests.kit.test_tls import connection, eventually_another, served, shown
from tests.running import eventually, free_port
from voxhall.cli.control import listen
from voxhall.config import Settings
from voxhall.kit.clock import Clock

DOMAIN = "live.example.test"
# Renewed after two thirds of it by the server's clock, which is so far ahead that this is two seconds after it came: a
# machine that stands still for a while keeps nobody waiting until it is really over.
VALIDITY_S = 30
AHEAD = timedelta(seconds=VALIDITY_S * 2 / 3 - 2)

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        not PROGRAM.exists(), reason="needs pebble, which scripts/build-pebble builds where Go is installed"
    ),
]


class Ahead(Clock):
    def now(self) -> datetime:
        return super().now() + AHEAD


@pytest.mark.parametrize("kind", ["http-01", "tls-alpn-01"])
async def test_a_certificate_comes_by_itself_and_two_renewals_go_unnoticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    ports = [free_port(socket.SOCK_STREAM) for _ in range(2)]
    async with AsyncExitStack() as stack:
        https, http = (stack.enter_context(listen("127.0.0.1", 0)) for _ in range(2))
        port, http_port = https.getsockname()[1], http.getsockname()[1]
        pebble = await stack.enter_async_context(
            running_pebble(tmp_path, ports, http_port=http_port, tls_port=port, validity_s=VALIDITY_S)
        )
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pebble.bundle))
        settings = Settings(
            data=tmp_path / "data",
            domain=DOMAIN,
            port=port,
            http_port=http_port if kind == "http-01" else 0,
            acme_directory=pebble.directory,
        )
        tls = await stack.enter_async_context(served(settings, https, http, clock=Ahead()))
        await eventually(lambda: tls.expires_at is not None, within_s=40)
        trust = await pebble.root()
        first = await shown(port, trust, DOMAIN)
        async with connection(port, trust, DOMAIN) as stays:
            second = await eventually_another(port, trust, first, DOMAIN, within_s=40)
            await eventually_another(port, trust, second, DOMAIN, within_s=40)
            assert await stays.ask() == b"200 ok"
            assert stays.serial == first
    # The next start begins with what there is.
    assert (settings.acme_folder / f"{DOMAIN}.pem").stat().st_mode & 0o077 == 0
