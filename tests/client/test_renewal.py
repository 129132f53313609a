"""A certificate renewed twice while a space is live: nobody who is there notices, and who comes sees the new one."""

import asyncio
import itertools
import ssl
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import websockets.asyncio.client as websockets
from cryptography import x509

from tests.client.command import ended, start
from tests.client.sound import heard, write_tone
from tests.live.stage import Socket
from tests.running import RunningServer, eventually, running_server
from voxhall.kit.tls.authority import open_authority

# Two renewals fit into it; each is seen within a second or two.
LISTEN_S = 7
# Longer than what a busy machine's recorder stumbles over, shorter than any reconnection.
GAP_S = 0.5


@pytest.mark.timeout(120)
async def test_a_certificate_is_renewed_twice_while_a_space_is_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    authority = open_authority(tmp_path / "authority", ["localhost"], now)
    chain = tmp_path / "own.pem"
    chain.write_bytes(authority.server.read_bytes())
    # As an operator trusts it: for everything on this machine, `voxhall listen` among it.
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
        out = tmp_path / "heard.wav"
        listening = start("listen", *place, "--seconds", str(LISTEN_S), "--out", out)
        await eventually(lambda: out.exists() and server.space(space["id"])["listener_count"] == 1, within_s=30)

        address = f"{server.url.replace('https', 'wss')}/api/v1/spaces/{space['id']}/live"
        async with websockets.connect(address, ssl=context) as connection:
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
        # Asked anew, by the connection that was there before.
        assert server.http.get("/readyz").status_code == 200

        assert ended(listening) == (0, "")
        speaking.terminate()
        assert ended(speaking)[1] == ""
    assert longest_silence_s(heard(out).levels) < GAP_S


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


def longest_silence_s(levels: list[float]) -> float:
    """Between the first sound and the last."""
    loud = [place for place, level in enumerate(levels) if level > 0.02]
    assert loud, "nothing was heard"
    return max((later - earlier - 1 for earlier, later in itertools.pairwise(loud)), default=0) * 0.02
