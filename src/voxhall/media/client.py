"""WHIP and WHEP from the other side: a file onto the stage, and what a listener hears into a file.

Everything here blocks and belongs to a command of its own; `stop`, set by a signal, ends it within a tenth of a second.
A failure is a `VoxhallError` whose message is one sentence, and the session is given back however it ends.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Literal, TypeAlias, TypeVar
from urllib.parse import urljoin

import httpx2

from voxhall.errors import InvalidError, RemoteError, VoxhallError
from voxhall.media import _core, sound_file

Peer = TypeVar("Peer", _core.Publisher, _core.Subscriber)
Format: TypeAlias = Literal["ogg", "wav"]

REQUEST_TIMEOUT_S = 15
# Who cannot be reached by UDP in this time is tried by TCP; a slow mobile network needs about two seconds.
CONNECT_TIMEOUT_S = 6.0
# The longest wait in Rust, where signals are not heard; lower only wakes more.
STEP_S = 0.1
# Silence after the file: the node plays a voice out some tens of milliseconds late, and what waits there when a peer
# leaves is not heard.
FAREWELL = bytes(sound_file.SAMPLE_RATE_HZ * 2 * 3 // 10)

SPACE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
SPACE_ADDRESS = re.compile(
    r"(?P<site>https?://[^/?#\s]+(?:/[^?#\s]*?)?)/(?:spaces|embed)/(?P<id>[A-Za-z0-9_-]{1,64})(?:[/?#]\S*)?"
)


class ConnectionFailedError(VoxhallError):
    """The server was not reached, or the connection to it broke."""

    code = "connection_failed"
    status = 502
    message = "The server cannot be reached."


def space_api(space: str, server: str) -> str:
    """The address of a space's API, from its id or from the address of any of its pages."""
    if SPACE_ID.fullmatch(space):
        if not server.startswith(("http://", "https://")):
            raise InvalidError("The server's address begins with http:// or https://.")
        return f"{server.rstrip('/')}/api/v1/spaces/{space}"
    if match := SPACE_ADDRESS.fullmatch(space):
        return f"{match['site'].removesuffix('/api/v1')}/api/v1/spaces/{match['id']}"
    raise InvalidError("The space is neither an id like sp_… nor the address of a space's page.")


def speak(file: Path, space: str, *, token: str | None, loop: bool, stop: Event) -> None:
    """Plays a file onto the stage in real time; returns when it ends, or soon after `stop` is set."""
    with sound_file.opened(file) as sound, _connected(_core.Publisher, space, "whip", token, stop) as publisher:
        if publisher is None:
            return
        try:
            for samples in sound.samples(loop=loop):
                if stop.is_set():
                    return
                publisher.push(samples)
            publisher.flush()
            publisher.push(FAREWELL)
        except _core.ClientError as error:
            raise ConnectionFailedError("The server closed the connection before the file had ended.") from error


def listen(
    out: Path, file_format: Format, space: str, *, token: str | None, seconds: float | None, stop: Event
) -> None:
    """Writes what is heard to `out`, for so many seconds, or until the space ends or `stop` is set."""
    with _connected(_core.Subscriber, space, "whep", token, stop) as subscriber:
        if subscriber is None:
            return
        try:
            recording = _core.Recording(out, file_format)
            cut_short = _record(subscriber, recording, seconds, stop)
            recording.finish(None if seconds is None or cut_short or stop.is_set() else seconds)
        except _core.ClientError as error:
            raise VoxhallError(f"The file could not be written: {error}.") from error
    if cut_short:
        raise ConnectionFailedError("The server closed the connection early; the file ends there.")


def _record(subscriber: _core.Subscriber, recording: _core.Recording, seconds: float | None, stop: Event) -> bool:
    """True when the connection ended before the time was up."""
    started = time.monotonic()
    while not stop.is_set():
        left = STEP_S if seconds is None else min(STEP_S, started + seconds - time.monotonic())
        if left <= 0:
            return False
        for packet in subscriber.receive(left):
            recording.add(packet)
        if subscriber.state == "closed":
            return seconds is not None
    return False


@contextmanager
def _connected(make: type[Peer], space: str, door: str, token: str | None, stop: Event) -> Iterator[Peer | None]:
    """A peer that carries packets; None when `stop` came first. UDP first, then TCP where the server offers it."""
    with httpx2.Client(timeout=REQUEST_TIMEOUT_S, follow_redirects=True) as http:
        for tcp in (False, True):
            peer = make(tcp=tcp)
            with _Session(http, f"{space}/{door}", peer.offer(), token) as session:
                try:
                    peer.answer(session.answer)
                    if _wait_connected(peer, stop):
                        yield peer
                        return
                except _core.ClientError as error:
                    # Without an address for UDP the answer may still have one for TCP.
                    if tcp or not session.offers_tcp:
                        raise ConnectionFailedError(f"The connection failed: {error}.") from error
                finally:
                    peer.close()
                if stop.is_set():
                    yield None
                    return
                if not session.offers_tcp:
                    break
    raise ConnectionFailedError("The server's media port cannot be reached from here.")


def _wait_connected(peer: _core.Publisher | _core.Subscriber, stop: Event) -> bool:
    end = time.monotonic() + CONNECT_TIMEOUT_S
    while peer.state == "new" and not stop.is_set() and time.monotonic() < end:
        if peer.wait_connected(STEP_S):
            return True
    return peer.state == "connected"


class _Session:
    """One WHIP or WHEP session: POST on entering, DELETE on leaving."""

    def __init__(self, http: httpx2.Client, endpoint: str, offer: str, token: str | None) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        response = self._post(endpoint, offer)
        self.answer = response.text
        self._address = urljoin(str(response.url), response.headers["Location"])

    @property
    def offers_tcp(self) -> bool:
        return "tcptype passive" in self.answer

    def __enter__(self) -> "_Session":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._http.delete(self._address, headers=self._headers)
        except httpx2.HTTPError:
            # The server counts out by itself who went without a word.
            return

    def _post(self, endpoint: str, offer: str) -> httpx2.Response:
        headers = {**self._headers, "Content-Type": "application/sdp", "Accept": "application/sdp"}
        try:
            response = self._http.post(endpoint, content=offer.encode(), headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ConnectionFailedError("The server cannot be reached; is its address right?") from error
        if response.status_code != httpx2.codes.CREATED:
            raise _refusal(response)
        if "Location" not in response.headers:
            raise ConnectionFailedError("The server's answer names no session; is this a Voxhall server?")
        return response


def _refusal(response: httpx2.Response) -> RemoteError:
    try:
        error = response.json()["error"]
        return RemoteError(str(error["code"]), str(error["message"]), status=response.status_code)
    except (ValueError, KeyError, TypeError):
        return RemoteError(
            "refused", f"The server refused with status {response.status_code}.", status=response.status_code
        )
