"""The UDP between browsers and the media node, led through the test: what a change of network does to it is done here.

Needs no right that a build machine lacks. In the server's answer the relay's port is put in place of the node's; the
candidates for TCP are left as they are.
"""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.impaired import MEDIA, Loss
from tests.running import RunningServer

Address = tuple[str, int]
MOST_BYTES = 2_048
# Nobody's (RFC 5737); nothing is sent there.
ELSEWHERE = ("192.0.2.254", 9)

# A line of SDP (RFC 8839 §5.1): foundation, component, transport, priority, address, port. The relay speaks IPv4 alone.
LEAD = r"""
(port) => {
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  const overIpv6 = /^a=candidate:\S+ \d+ udp \d+ \S*:/i;
  const toPort = /^(a=candidate:\S+ \d+ udp \d+ \S+) \d+/i;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    const lines = sdp.split('\r\n').filter((line) => !overIpv6.test(line));
    return set.call(this, { type, sdp: lines.map((line) => line.replace(toPort, `$1 ${port}`)).join('\r\n') });
  };
}
"""


class UdpRelay:
    """One port towards the browsers; towards the node a port for each of theirs, as a home's router has it."""

    def __init__(self, node: Address) -> None:
        self._node = node
        self._loop = asyncio.get_running_loop()
        self._down = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._down.setblocking(False)
        self._down.bind(("", 0))
        self._loop.add_reader(self._down, self._from_browser)
        self._up: dict[Address, socket.socket] = {}
        self._is_cut = False
        self._is_deaf = False
        # What each of the browsers sent, and what came back for it from the node, since the last move.
        self.sent: Counter[Address] = Counter()
        self.returned: Counter[Address] = Counter()
        # Of what the node sends.
        self.loss = Loss()

    @property
    def script(self) -> str:
        """For a page before it loads: its sound comes through here, as long as it comes by UDP."""
        return f"({LEAD})({self._down.getsockname()[1]});"

    def move(self) -> None:
        """Another network: whatever comes from here has another address now, and nothing finds the old one."""
        for up in self._up.values():
            self._loop.remove_reader(up)
            up.close()
        self._up.clear()
        self.sent.clear()
        self.returned.clear()

    def cut(self) -> None:
        """A network that lets no UDP through."""
        self._is_cut = True

    def deafen(self) -> None:
        """One that lets none out, and all in."""
        self._is_deaf = True

    def mend(self) -> None:
        self._is_cut = self._is_deaf = False

    def close(self) -> None:
        self.move()
        self._loop.remove_reader(self._down)
        self._down.close()

    def _from_browser(self) -> None:
        data, browser = self._down.recvfrom(MOST_BYTES)
        if self._is_cut or self._is_deaf:
            return
        self.sent[browser] += 1
        if browser not in self._up:
            self._up[browser] = self._upward(browser, self._node)
        # A node that is not there: the browser finds out by itself.
        with contextlib.suppress(ConnectionError):
            self._up[browser].send(data)

    def _upward(self, browser: Address, node: Address) -> socket.socket:
        up = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        up.setblocking(False)
        up.connect(node)
        self._loop.add_reader(up, self._from_node, up, browser)
        return up

    def _from_node(self, up: socket.socket, browser: Address) -> None:
        with contextlib.suppress(ConnectionError):
            data = up.recv(MOST_BYTES)
            self.returned[browser] += 1
            if not self._is_cut and not (data[0] in MEDIA and self.loss.takes()):
                self._down.sendto(data, browser)


def _own_address() -> str:
    """The one that others see, where there is one: Firefox knows a machine by nothing that is loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(ELSEWHERE)
        return str(probe.getsockname()[0])
    return "127.0.0.1"


@asynccontextmanager
async def udp_relay(server: RunningServer) -> AsyncIterator[UdpRelay]:
    relay = UdpRelay((_own_address(), server.media_port))
    try:
        yield relay
    finally:
        relay.close()
