"""One WHIP or WHEP connection that comes back by itself: after a restart of the node or of the whole server, a change
of networks, a fault in what carried it. Whether this person may come back the server says.

Everything here blocks; `stop`, set by a signal, ends it within a tenth of a second.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import TracebackType
from typing import Generic, TypeVar
from urllib.parse import urljoin

import httpx2

from voxhall.errors import RemoteError, VoxhallError
from voxhall.media import _core

Peer = TypeVar("Peer", _core.Publisher, _core.Subscriber)

REQUEST_TIMEOUT_S = 15.0
# A request on the way back is given up sooner: a server that was killed in the middle of it never answers.
RETURN_TIMEOUT_S = 3.0
# Who cannot be reached by UDP in this time is tried by TCP; a slow mobile network needs about two seconds.
CONNECT_TIMEOUT_S = 6.0
# The longest wait in Rust, where signals are not heard; lower only wakes more.
STEP_S = 0.1
# Full jitter between these: the first tries find a node that was restarted, the last ones spare a server that is not.
RETURN_FIRST_S = 0.2
RETURN_MOST_S = 2.0
# A machine that reboots is back within this; whoever talks to nobody any longer should be told.
RETURN_WITHIN_S = 90.0


class ConnectionFailedError(VoxhallError):
    """The server was not reached, or the connection to it broke."""

    code = "connection_failed"
    status = 502
    message = "The server cannot be reached."


class Connection(Generic[Peer]):
    """`peer` is connected while the block is open, but for the time of a `come_back`."""

    def __init__(self, make: type[Peer], endpoint: str, token: str | None, stop: Event) -> None:
        self._make: type[Peer] = make
        self._endpoint, self._stop = endpoint, stop
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        # One jar for all attempts: a guest who comes back is the same guest.
        self._http = httpx2.Client(timeout=REQUEST_TIMEOUT_S, follow_redirects=True)
        self._peer: Peer | None = None
        self._address: str | None = None

    @property
    def peer(self) -> Peer:
        if self._peer is None:
            raise ConnectionFailedError
        return self._peer

    def open(self) -> bool:
        """False when `stop` came first."""
        return self._open(REQUEST_TIMEOUT_S)

    def come_back(self) -> bool:
        """After a loss: tried until it works. False when `stop` came first; a refusal of the server is raised, as is
        ConnectionFailedError when it was in vain for too long."""
        self._hang_up(wait=False)
        give_up_at = time.monotonic() + RETURN_WITHIN_S
        failures = 0
        while not self._stop.is_set():
            try:
                return self._open(RETURN_TIMEOUT_S)
            except RemoteError as refusal:
                if refusal.status < 500 and refusal.status != 429:
                    raise
            except ConnectionFailedError:
                pass
            if time.monotonic() > give_up_at:
                raise ConnectionFailedError
            ceiling_s = min(RETURN_MOST_S, RETURN_FIRST_S * 2**failures)
            failures += 1
            self._stop.wait(secrets.SystemRandom().uniform(0, ceiling_s))
        return False

    def close(self) -> None:
        self._hang_up(wait=True)
        self._http.close()

    def _open(self, timeout_s: float) -> bool:
        """UDP first, then TCP where the server offers it."""
        for tcp in (False, True):
            peer = self._make(tcp=tcp)
            answer = self._post(peer.offer(), timeout_s)
            try:
                peer.answer(answer)
                if self._wait_connected(peer):
                    self._peer = peer
                    return True
            except _core.ClientError as error:
                # Without an address for UDP the answer may still have one for TCP.
                if tcp or not _offers_tcp(answer):
                    raise ConnectionFailedError(f"The connection failed: {error}.") from error
            finally:
                if self._peer is not peer:
                    peer.close()
                    self._delete(timeout_s)
            if self._stop.is_set():
                return False
            if not _offers_tcp(answer):
                break
        raise ConnectionFailedError("The server's media port cannot be reached from here.")

    def _wait_connected(self, peer: Peer) -> bool:
        end = time.monotonic() + CONNECT_TIMEOUT_S
        while peer.state == "new" and not self._stop.is_set() and time.monotonic() < end:
            if peer.wait_connected(STEP_S):
                return True
        return peer.state == "connected"

    def _post(self, offer: str, timeout_s: float) -> str:
        headers = {**self._headers, "Content-Type": "application/sdp", "Accept": "application/sdp"}
        try:
            response = self._http.post(self._endpoint, content=offer.encode(), headers=headers, timeout=timeout_s)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ConnectionFailedError("The server cannot be reached; is its address right?") from error
        if response.status_code != httpx2.codes.CREATED:
            raise _refusal(response)
        if "Location" not in response.headers:
            raise ConnectionFailedError("The server's answer names no session; is this a Voxhall server?")
        self._address = urljoin(str(response.url), response.headers["Location"])
        return response.text

    def _hang_up(self, *, wait: bool) -> None:
        if self._peer is not None:
            self._peer.close()
            self._peer = None
        if wait:
            self._delete(REQUEST_TIMEOUT_S)
        # A lost session is left to the server, which counts out by itself who went without a word.
        self._address = None

    def _delete(self, timeout_s: float) -> None:
        if self._address is None:
            return
        address, self._address = self._address, None
        try:
            self._http.delete(address, headers=self._headers, timeout=timeout_s)
        except httpx2.HTTPError:
            return

    def __enter__(self) -> "Connection[Peer]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def connected(make: type[Peer], endpoint: str, token: str | None, stop: Event) -> Iterator[Connection[Peer] | None]:
    """A connection that carries packets; None when `stop` came first. A refusal at first is a refusal."""
    with Connection(make, endpoint, token, stop) as connection:
        yield connection if connection.open() else None


def _offers_tcp(answer: str) -> bool:
    return "tcptype passive" in answer


def _refusal(response: httpx2.Response) -> RemoteError:
    try:
        error = response.json()["error"]
        return RemoteError(str(error["code"]), str(error["message"]), status=response.status_code)
    except (ValueError, KeyError, TypeError):
        return RemoteError(
            "refused", f"The server refused with status {response.status_code}.", status=response.status_code
        )
