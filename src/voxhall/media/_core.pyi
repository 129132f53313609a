"""The Rust core. Times are seconds; JSON is text; nothing here blocks the interpreter."""

from pathlib import Path
from typing import Literal, final

__version__: str

# ---- node ----

class RefusedError(Exception):
    """The node refused a call; args are (code, status, message)."""

    args: tuple[str, int, str]

class Node:
    """The media node: sockets, packets, the mix, the tapes. One per process. OSError where a port cannot be opened."""

    port: int
    def __init__(
        self,
        port: int,
        advertised: list[str],
        max_peers: int,
        frame_ms: int | None,
        data: Path,
        memory: int | None = None,
        send_threads: int | None = None,
    ) -> None:
        """The tapes go to `data`/tapes and `data`/rings, a folder for each space.

        `send_threads` send beside the media thread, None: by the machine's cores.
        `memory`: a descriptor of sealed memory that outlives this process, in which the listeners of a node before this
        one are found. It may be closed then.
        """
    def call(self, name: str, args: str) -> str: ...
    def next_event(self) -> str | None:
        """As JSON; None where there is none yet."""
    @property
    def event_signal(self) -> int:
        """A descriptor that is readable while there are events, until `next_event` has given None."""
    def take_events_lost(self) -> bool: ...
    def stop(self) -> None: ...

# ---- client ----

class ClientError(Exception):
    """A client failed; its text is one sentence."""

@final
class Packet:
    """One Opus packet as it came."""

    @property
    def line(self) -> int:
        """Which of the receiving lines, from 0."""
    @property
    def sequence(self) -> int:
        """RTP sequence number, extended so that it never wraps."""
    @property
    def timestamp(self) -> int:
        """RTP time at 48 kHz, extended."""
    @property
    def payload(self) -> bytes: ...
    @property
    def csrcs(self) -> list[int]:
        """Who is heard in it."""

@final
class Publisher:
    """Sends one voice; may hear others over the same connection. Every method lets go of the interpreter."""

    def __new__(cls, *, tcp: bool = False, receive_lines: int = 0, red: bool = True) -> Publisher:
        """`red`: packets may carry earlier ones while some are lost."""
    def offer(self) -> str: ...
    def answer(self, sdp: str) -> None: ...
    def wait_connected(self, timeout_s: float) -> bool: ...
    def push(self, pcm_s16: bytes) -> None:
        """Sends 48 kHz mono samples in real time: returns when the last whole 20 ms have been sent."""
    def flush(self) -> None:
        """Fills the rest of the last frame with silence and sends it."""
    def receive(self, timeout_s: float) -> list[Packet]:
        """Waits for the first packet on the receiving lines, then takes all there are."""
    @property
    def state(self) -> Literal["new", "connected", "closed"]: ...
    @property
    def sent(self) -> int: ...
    @property
    def protected(self) -> int:
        """Of those, how many carried earlier ones."""
    def close(self) -> None: ...

@final
class Subscriber:
    """Hears one line of sound. Every method lets go of the interpreter."""

    def __new__(cls, *, tcp: bool = False, red: bool = True) -> Subscriber:
        """`red`: packets may carry earlier ones while some are lost."""
    def offer(self) -> str: ...
    def answer(self, sdp: str) -> None: ...
    def wait_connected(self, timeout_s: float) -> bool: ...
    def receive(self, timeout_s: float) -> list[Packet]:
        """Waits for the first packet, then takes all there are; empty when none came in time."""
    @property
    def state(self) -> Literal["new", "connected", "closed"]: ...
    @property
    def received(self) -> int: ...
    @property
    def protected(self) -> int:
        """Of those, how many carried earlier ones."""
    @property
    def lost(self) -> int: ...
    def close(self) -> None: ...

@final
class Recording:
    """Writes packets to a file that lasts as long as was listened; its clock starts when it is made."""

    def __new__(cls, path: Path, file_format: Literal["ogg", "wav"]) -> Recording: ...
    def add(self, packet: Packet) -> None: ...
    def begin_anew(self) -> None:
        """The packets from here on come over another connection; what is between is silence."""
    def finish(self, length_s: float | None = None) -> tuple[float, float, float]:
        """Closes the file, so long or as long as it was open; the seconds received, corrected and concealed.

        In a WAV file what is concealed in a pause, where nobody hears it, does not count. A second call does nothing.
        """

# ---- load ----

def run_load(plan: str) -> str:
    """A crowd of listeners; plan and report are JSON (rust/swarm/src/load). Blocks, and lets go of the interpreter."""
