"""Programs that take part: speakers who play a recording of real speech onto the stage, and an audience."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from scripts.demo.cast import Spoken
from scripts.demo.people import DemoError, Somebody
from voxhall.errors import VoxhallError
from voxhall.media import client

# How many listen: each is a real WebRTC session in this process and costs it half a percent of a core.
AUDIENCE = 12


def _recordings() -> Path:
    """The package is found, not imported: it carries the speech, and code that is not needed here."""
    spec = find_spec("moonshine_voice")
    if spec is None or spec.origin is None:
        raise DemoError("The recorded speech is missing: run make demo, which installs it.")
    return Path(spec.origin).parent / "assets"


@contextlib.contextmanager
def speaking(server: str, space: dict[str, Any], show: Spoken, cast: dict[str, Somebody]) -> Iterator[None]:
    """Everybody of the show speaks until the end of the block, over and over."""
    bots = [_speaker(server, space["id"], file, cast[handle].token()) for handle, file in show.voices]
    try:
        yield
    finally:
        for bot in bots:
            bot.terminate()
        for bot in bots:
            bot.wait()


def _speaker(server: str, space_id: str, file: str, token: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "voxhall", "speak", str(_recordings() / file), "--loop"]
    # The token goes by the environment: everybody on the machine can read a command line.
    own = {"VOXHALL_SPACE": space_id, "VOXHALL_SERVER": server, "VOXHALL_TOKEN": token}
    return subprocess.Popen(command, env={**os.environ, **own})


@contextlib.contextmanager
def listening(server: str, space: dict[str, Any], count: int = AUDIENCE) -> Iterator[None]:
    stop = threading.Event()
    address = client.space_api(space["id"], server)
    listeners = [threading.Thread(target=_listen, args=(address, stop)) for _ in range(count)]
    for listener in listeners:
        listener.start()
    try:
        yield
    finally:
        stop.set()
        for listener in listeners:
            listener.join()


def _listen(address: str, stop: threading.Event) -> None:
    # What they hear is thrown away; that a device cannot be synced is no reason to say anything at the end.
    with contextlib.suppress(VoxhallError):
        client.listen(Path(os.devnull), "ogg", address, token=None, seconds=None, stop=stop)
