"""Pebble, the small ACME authority of Let's Encrypt, with a name server of our own that leads every name to this
machine: it checks names for real, over our ports.
"""

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from voxhall.kit.tls.authority import open_authority

# Public authorities refuse one now and then; here every third or fourth request is to be made again.
NONCES_REFUSED_PERCENT = "30"
PROGRAM = Path(__file__).parent.parent.parent / ".tools" / "bin" / "pebble"


@dataclass(frozen=True)
class Pebble:
    directory: str
    # What its own address is signed by; the client reads it from REQUESTS_CA_BUNDLE.
    bundle: Path
    _management: str

    async def root(self) -> ssl.SSLContext:
        """Trusts what it issues, as browsers trust public authorities."""
        async with httpx2.AsyncClient(verify=ssl.create_default_context(cafile=str(self.bundle))) as client:
            text = (await client.get(f"{self._management}/roots/0")).text
        return ssl.create_default_context(cadata=text)


async def _every_name_is_here(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers each A question with 127.0.0.1 and each other one with nothing (RFC 1035, section 4; over TCP)."""
    try:
        while True:
            query = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
            question = query[12 : query.index(b"\0", 12) + 5]
            is_a = question[-4:-2] == b"\0\1"
            head = query[:2] + b"\x81\x80\0\1" + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0"
            answer = head + question + (b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x7f\0\0\1" if is_a else b"")
            writer.write(len(answer).to_bytes(2) + answer)
    except asyncio.IncompleteReadError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def running_pebble(
    folder: Path, ports: list[int], *, http_port: int, tls_port: int, validity_s: int
) -> AsyncIterator[Pebble]:
    """`ports`: two that are free; it looks for proofs on `http_port` and `tls_port`."""
    own = open_authority(folder / "pebble-authority", ["localhost", "127.0.0.1"], datetime.now(UTC))
    settings = {
        "listenAddress": f"127.0.0.1:{ports[0]}",
        "managementListenAddress": f"127.0.0.1:{ports[1]}",
        "certificate": str(own.server),
        "privateKey": str(own.server),
        "httpPort": http_port,
        "tlsPort": tls_port,
        "profiles": {"default": {"description": "short", "validityPeriod": validity_s}},
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    names = await asyncio.start_server(_every_name_is_here, "127.0.0.1", 0)
    host, port = names.sockets[0].getsockname()
    chances = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": NONCES_REFUSED_PERCENT}
    with (folder / "pebble.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            str(PROGRAM), "-config", str(folder / "pebble.json"), "-dnsserver", f"{host}:{port}",
            stdout=log, stderr=log, env=os.environ | chances,
        )  # fmt: skip
    pebble = Pebble(f"https://localhost:{ports[0]}/dir", own.certificate, f"https://localhost:{ports[1]}")
    try:
        async with asyncio.timeout(15):
            while True:
                try:
                    await pebble.root()
                    break
                except httpx2.TransportError:
                    await asyncio.sleep(0.05)
        yield pebble
    finally:
        process.kill()
        await process.wait()
        names.close()
