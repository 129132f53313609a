"""A network that can be cut: a SOCKS5 proxy (RFC 1928) through which one browser reaches everything, over TCP alone.

While it is cut nothing is forwarded and nothing is refused, as when somebody walks out of the reach of a Wi-Fi.
Chromium is told to use no UDP that does not go through its proxy, so its sound comes by ICE-TCP.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CHUNK_BYTES = 65_536
NO_AUTHENTICATION = b"\x05\x00"
CONNECTED = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"


class CuttableNetwork:
    def __init__(self) -> None:
        self._is_whole = asyncio.Event()
        self._is_whole.set()
        self._tunnels: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def chromium_flags(self) -> list[str]:
        return [
            f"--proxy-server=socks5://127.0.0.1:{self.port}",
            # Loopback would otherwise go past the proxy.
            "--proxy-bypass-list=<-loopback>",
            "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
            "--webrtc-ip-handling-policy=disable_non_proxied_udp",
        ]

    def cut(self) -> None:
        self._is_whole.clear()

    def mend(self) -> None:
        self._is_whole.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tunnels.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._tunnel(reader, writer)
        finally:
            self._tunnels.discard(task)
            writer.close()

    def close(self) -> None:
        for tunnel in self._tunnels:
            tunnel.cancel()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = await _handshake(reader, writer)
        await self._is_whole.wait()
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection(host, port)
        except OSError:
            return
        writer.write(CONNECTED)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, upstream_writer))
                both.create_task(self._pump(upstream_reader, writer))
        except* ConnectionError:
            pass
        finally:
            upstream_writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            await self._is_whole.wait()
            writer.write(data)
            await writer.drain()
        writer.close()


async def _handshake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
    """Which address is asked for; only what Chromium says is understood."""
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(NO_AUTHENTICATION)
    _, _, _, kind = await reader.readexactly(4)
    if kind == 3:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    else:
        family, length = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
        host = socket.inet_ntop(family, await reader.readexactly(length))
    return host, int.from_bytes(await reader.readexactly(2), "big")


@asynccontextmanager
async def cuttable_network() -> AsyncIterator[CuttableNetwork]:
    network = CuttableNetwork()
    server = await asyncio.start_server(network.serve, "127.0.0.1", 0)
    network.port = server.sockets[0].getsockname()[1]
    try:
        yield network
    finally:
        network.close()
        server.close()
