"""A certificate renewed twice while a space is live: nobody who is there notices, and who comes sees the new one."""

import asyncio
import ssl
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import websockets.asyncio.client as websockets
from cryptography import x509

from tests.client.command import ended, start
from tests.client.sound import write_tone
from tests.live.stage import Socket
from tests.recordings.deaths import listening
from tests.running import RunningServer, eventually, running_server
from voxhall.kit.tls.authority import open_authority


@pytest.mark.timeout(120)
async def test_a_certificate_is_renewed_twice_while_a_space_is_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    authority = open_authority(tmp_path / "authority", ["localhost"], now)
    chain = tmp_path / "own.pem"
    chain.write_bytes(authority.server.read_bytes())
    # As an operator trusts it: for everything on this machine, `voxhall speak` among it.
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    context = ssl.create_default_context(cafile=str(authority.certificate))
    settings = {"VOXHALL_TLS_CERT": str(chain), "VOXHALL_TLS_KEY": str(chain)}
    with running_server(tmp_path, settings=settings) as server:
        host = server.new_account("host")
        space = server.open_space(host)
        tone = write_tone(tmp_path / "tone.wav", 1.0)
        place = ["--space", space["id"], "--server", server.url]
        speaking = start("speak", tone, *place, "--token", host.token, "--loop")
        await eventually(lambda: on_air(server, space["id"]), within_s=30)
        address = f"{server.url}/api/v1/spaces/{space['id']}"
        with listening(address) as ear:
            await ear.hears()
            async with websockets.connect(f"{address.replace('https', 'wss')}/live", ssl=context) as connection:
                page = Socket(connection)
                await page.send({"type": "hello", "token": host.token, "after": None})
                await page.receive()
                before = await shown(server.url)
                for _ in range(2):
                    open_authority(tmp_path / "authority", ["localhost"], now)
                    chain.write_bytes(authority.server.read_bytes())
                    before = await another(server.url, before)
                    # Answered by whom it asked before: the socket is the same.
                    await page.command("withdraw_request")
                assert [one["type"] for one in page.seen].count("snapshot") == 1
                # Nor has whoever speaks lost their connection.
                assert page.events() == []
            # Asked anew, by the connection that was there before.
            assert server.http.get("/readyz").status_code == 200
            await ear.hears(time.monotonic())

        speaking.terminate()
        assert ended(speaking)[1] == ""
    # Nobody had to come back, and no packet is missing; a pause is what a busy machine makes, too.
    assert {one.life for one in ear.heard} == {0}
    assert ear.missing_packets() == 0


def on_air(server: RunningServer, space_id: str) -> bool:
    """Whether the host's microphone is open and there."""
    stage = server.http.get(f"/api/v1/spaces/{space_id}/participants").json()["items"]
    return [(one["connected"], one["muted"]) for one in stage] == [(True, False)]


async def shown(url: str) -> int:
    """The serial number of the certificate that whoever comes now gets to see."""
    parts = urlsplit(url)
    pem = await asyncio.to_thread(ssl.get_server_certificate, (str(parts.hostname), int(parts.port or 0)))
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


async def another(url: str, before: int) -> int:
    async def look() -> int | None:
        now = await shown(url)
        return now if now != before else None

    return await eventually(look, within_s=20)
