"""A bad network for UDP: a proxy between one client and the media port that loses packets by a seeded die, either way.

Media is told from handshakes and checks by its first byte (RFC 7983), and only media is lost: what a loss does to sound
is another question than what it does to joining.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

Address: TypeAlias = tuple[str, int]

# First bytes of RTP and RTCP (RFC 7983 §7).
MEDIA = range(128, 192)
LOOPBACK = "127.0.0.1"


@dataclass
class Loss:
    """The share of media packets one way that is lost; in bursts of `burst` on average (Gilbert), 1: at random."""

    share: float = 0.0
    burst: float = 1.0
    seed: int = 1

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._is_losing = False
        self._in_a_row = 0
        # How many packets there were, and of those lost how many were the nth in a row.
        self.seen = 0
        self.nth: Counter[int] = Counter()

    def takes(self) -> bool:
        is_taken = self._throw()
        self._in_a_row = self._in_a_row + 1 if is_taken else 0
        self.seen += 1
        self.nth[self._in_a_row] += is_taken
        return is_taken

    def beyond(self, reach: int) -> int:
        """How many of those lost are in none of the next packets either, where each carries so many earlier ones."""
        return sum(count for place, count in self.nth.items() if place > reach)

    def _throw(self) -> bool:
        if not self.share:
            return False
        if self.burst <= 1:
            return self._dice.random() < self.share
        leaves = 1 / self.burst
        enters = leaves * self.share / (1 - self.share)
        self._is_losing = self._dice.random() < (1 - leaves if self._is_losing else enters)
        return self._is_losing


class _Upstream(asyncio.DatagramProtocol):
    """Towards the server, for one client."""

    def __init__(self, network: "ImpairedNetwork", client: Address) -> None:
        self._network = network
        self._client = client

    def datagram_received(self, data: bytes, _: Any) -> None:
        self._network.to_client(data, self._client)


class ImpairedNetwork(asyncio.DatagramProtocol):
    """Clients talk to `port` instead of the media port.

    The losses may be replaced while they do: `loss` of what is sent to clients, `uplink` of what they send.
    """

    def __init__(self, media_port: int) -> None:
        self.loss = Loss()
        self.uplink = Loss()
        self.port = 0
        self._media_port = media_port
        self._upstreams: dict[Address, asyncio.DatagramTransport] = {}
        self._opening: dict[Address, asyncio.Task[None]] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, client: Any) -> None:
        if (upstream := self._upstreams.get(client)) is not None:
            if not (data[0] in MEDIA and self.uplink.takes()):
                upstream.sendto(data)
        elif client not in self._opening:
            # The first packets of a new path are checks, which are sent again.
            self._opening[client] = asyncio.ensure_future(self._open(client))

    def led(self, answer: str) -> str:
        """A server's answer whose only way leads through here."""
        kept = [line for line in answer.split("\r\n") if not line.startswith("a=candidate:")]
        own = f"a=candidate:1 1 udp 2130706431 {LOOPBACK} {self.port} typ host"
        kept.insert(kept.index("a=end-of-candidates"), own)
        return "\r\n".join(kept)

    def to_client(self, data: bytes, client: Address) -> None:
        if self._transport is not None and not (data[0] in MEDIA and self.loss.takes()):
            self._transport.sendto(data, client)

    def close(self) -> None:
        for transport in (*self._upstreams.values(), self._transport):
            if transport is not None:
                transport.close()

    async def _open(self, client: Address) -> None:
        upstream, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Upstream(self, client), remote_addr=(LOOPBACK, self._media_port)
        )
        self._upstreams[client] = upstream


@asynccontextmanager
async def impaired_network(media_port: int) -> AsyncIterator[ImpairedNetwork]:
    network = ImpairedNetwork(media_port)
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: network, local_addr=(LOOPBACK, 0))
    try:
        yield network
    finally:
        network.close()
