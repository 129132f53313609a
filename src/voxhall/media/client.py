"""WHIP and WHEP from the other side: a file onto the stage, and what a listener hears into a file.

Everything here blocks and belongs to a command of its own; `stop`, set by a signal, ends it within a tenth of a second.
A connection that is lost comes back by itself (`connection.py`): meanwhile a speaker's file plays on, unheard, and a
listener's file goes on in silence. A failure is a `VoxhallError` whose message is one sentence, and the session is
given back however it ends.
"""

import re
import time
from pathlib import Path
from threading import Event
from typing import Literal, TypeAlias

from voxhall.errors import InvalidError, RemoteError, VoxhallError
from voxhall.media import _core, sound_file
from voxhall.media.connection import STEP_S, Connection, ConnectionFailedError, connected

Format: TypeAlias = Literal["ogg", "wav"]

# Silence after the file: the node plays a voice out some tens of milliseconds late, and what waits there when a peer
# leaves is not heard.
FAREWELL = bytes(sound_file.SAMPLE_RATE_HZ * 2 * 3 // 10)
BYTES_PER_S = sound_file.SAMPLE_RATE_HZ * 2

SPACE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
SPACE_ADDRESS = re.compile(
    r"(?P<site>https?://[^/?#\s]+(?:/[^?#\s]*?)?)/(?:spaces|embed)/(?P<id>[A-Za-z0-9_-]{1,64})(?:[/?#]\S*)?"
)


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
    with (
        sound_file.opened(file) as sound,
        connected(_core.Publisher, f"{space}/whip", token, stop) as connection,
    ):
        if connection is None:
            return
        voice = _Voice(connection)
        for samples in sound.samples(loop=loop):
            if stop.is_set() or not voice.say(samples):
                return
        voice.finish()


class _Voice:
    """Says what it is given in real time. What falls into an outage is not said later: the others are further on."""

    def __init__(self, connection: Connection[_core.Publisher]) -> None:
        self._connection = connection
        self._began = time.monotonic()
        self._said = 0

    def say(self, samples: bytes) -> bool:
        """False when it is to end."""
        self._said += len(samples)
        if self._said < (time.monotonic() - self._began) * BYTES_PER_S - BYTES_PER_S:
            # More than a second late: this was to be heard while there was no connection.
            return True
        try:
            self._connection.peer.push(samples)
        except _core.ClientError:
            try:
                return self._connection.come_back()
            except RemoteError as refusal:
                raise ConnectionFailedError(
                    f"The server closed the connection before the file had ended. {refusal.message}"
                ) from refusal
        return True

    def finish(self) -> None:
        try:
            self._connection.peer.flush()
            self._connection.peer.push(FAREWELL)
        except _core.ClientError:
            # All but the last breath was heard, or lost with the connection.
            return


def listen(
    out: Path, file_format: Format, space: str, *, token: str | None, seconds: float | None, stop: Event
) -> None:
    """Writes what is heard to `out`, for so many seconds, or until the space ends or `stop` is set."""
    with connected(_core.Subscriber, f"{space}/whep", token, stop) as connection:
        if connection is None:
            return
        try:
            recording = _core.Recording(out, file_format)
            cut_short = _record(connection, recording, seconds, stop)
            recording.finish(None if seconds is None or cut_short or stop.is_set() else seconds)
        except _core.ClientError as error:
            raise VoxhallError(f"The file could not be written: {error}.") from error
    if cut_short:
        raise ConnectionFailedError("The server closed the connection early; the file ends there.")


def _record(
    connection: Connection[_core.Subscriber], recording: _core.Recording, seconds: float | None, stop: Event
) -> bool:
    """True when the connection ended for good before the time was up."""
    started = time.monotonic()
    while not stop.is_set():
        left = STEP_S if seconds is None else min(STEP_S, started + seconds - time.monotonic())
        if left <= 0:
            return False
        for packet in connection.peer.receive(left):
            recording.add(packet)
        if connection.peer.state == "closed":
            try:
                if not connection.come_back():
                    return False
            except (RemoteError, ConnectionFailedError):
                return seconds is not None
            recording.begin_anew()
    return False
