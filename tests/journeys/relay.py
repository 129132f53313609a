"""The UDP between browsers and the media node, led through the test: what a change of network does to it is done here.

Needs no right that a build machine lacks. The candidates in the server's answer are exchanged for the relay's own;
those for TCP are left as they are.
"""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, Route

Address = tuple[str, int]
MOST_BYTES = 2_048
# A line of SDP (RFC 8839 §5.1): foundation, component, transport, priority, address, port.
UDP_CANDIDATE = re.compile(r"(?P<head>a=candidate:\S+ \d+ udp \d+) \S+ (?P<port>\d+)", re.IGNORECASE)


class UdpRelay:
    """One port towards the browsers; towards the node a port for each of theirs, as a home's router has it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._down = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._down.setblocking(False)
        self._down.bind(("127.0.0.1", 0))
        self._loop.add_reader(self._down, self._from_browser)
        self._up: dict[Address, socket.socket] = {}
        self._node: Address | None = None
        self._is_cut = False
        self.forwarded = 0

    async def lead(self, page: Page) -> None:
        """From now on this page's sound comes through here, as long as it comes by UDP."""
        await page.route(re.compile(r"/(whip|whep)(\?|$)"), self._answer)

    def move(self) -> None:
        """Another network: whatever comes from here has another address now, and nothing finds the old one."""
        for up in self._up.values():
            self._loop.remove_reader(up)
            up.close()
        self._up.clear()

    def cut(self) -> None:
        """A network that lets no UDP through."""
        self._is_cut = True

    def close(self) -> None:
        self.move()
        self._loop.remove_reader(self._down)
        self._down.close()

    def _from_browser(self) -> None:
        data, browser = self._down.recvfrom(MOST_BYTES)
        if self._is_cut or self._node is None:
            return
        if browser not in self._up:
            self._up[browser] = self._upward(browser, self._node)
        self.forwarded += 1
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
            if not self._is_cut:
                self._down.sendto(data, browser)

    async def _answer(self, route: Route) -> None:
        answer = await route.fetch()
        text = await answer.text()
        if (found := UDP_CANDIDATE.search(text)) is not None:
            self._node = ("127.0.0.1", int(found["port"]))
        own = rf"\g<head> 127.0.0.1 {self._down.getsockname()[1]}"
        await route.fulfill(response=answer, body=UDP_CANDIDATE.sub(own, text))


@asynccontextmanager
async def udp_relay() -> AsyncIterator[UdpRelay]:
    relay = UdpRelay()
    try:
        yield relay
    finally:
        relay.close()
