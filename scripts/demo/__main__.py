"""`make demo`: a server with people on it, one space live with real speech, others planned, one over and replayed.

Everything in it came in by the doors that anybody uses, so what works here works.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import httpx2

from scripts.demo.bots import listening, speaking
from scripts.demo.cast import LIVE, PAST, UPCOMING
from scripts.demo.people import DemoError, Somebody, come_in, plan_all

# A folder of its own, so that a try never ends in the installation that is meant.
DATA = Path(os.environ.get("VOXHALL_DATA", "voxhall-demo"))
PORT = int(os.environ.get("VOXHALL_PORT", "8400"))
SERVER = f"http://localhost:{PORT}"
READY_S = 60.0
# Long enough for a sentence of each voice; the replays are there when it is over, and then the demo opens its doors.
REHEARSAL_S = 20.0


def main() -> int:
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    DATA.mkdir(parents=True, exist_ok=True)
    # A session of its own: Ctrl-C stops the bots first and the server after them.
    server = subprocess.Popen(
        [sys.executable, "-m", "voxhall", "serve", "--data", str(DATA), "--port", str(PORT), *sys.argv[1:]],
        start_new_session=True,
    )
    try:
        _wait_until_ready(server, stopping)
        _play(stopping, server)
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        server.terminate()
        server.wait()
    return 0


def _wait_until_ready(server: subprocess.Popen[bytes], stopping: threading.Event) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end and not stopping.is_set():
        if server.poll() is not None:
            raise DemoError("The server did not start.")
        try:
            if httpx2.get(f"{SERVER}/readyz").is_success:
                return
        except httpx2.HTTPError:
            pass
        stopping.wait(0.2)
    raise DemoError("The server is not ready.")


def _play(stopping: threading.Event, server: subprocess.Popen[bytes]) -> None:
    cast = come_in(SERVER, DATA)
    plan_all(cast, UPCOMING)
    host = cast[LIVE.host]
    # After a stop in the middle the space is live still, and goes on.
    live = next(iter(host.spaces("live")), None) or host.open(LIVE, who_may_speak="everyone")
    with speaking(SERVER, live, LIVE, cast), listening(SERVER, live):
        _rehearse(cast, stopping)
        if stopping.is_set():
            return
        print(f"\nThe demo is at {SERVER}. Live now: {SERVER}/spaces/{live['id']}", flush=True)
        names = ", ".join(f"@{handle}" for handle in cast)
        print(f"Sign in as {names}; the password is in {DATA / 'demo-password'}.\n", flush=True)
        while not stopping.is_set() and server.poll() is None:
            stopping.wait(1.0)


def _rehearse(cast: dict[str, Somebody], stopping: threading.Event) -> None:
    """Short spaces that end, so that there are replays with their transcripts; once for a data folder."""
    shows = [show for show in PAST if not cast[show.host].spaces("ended")]
    if not shows:
        return
    print(f"A rehearsal of {REHEARSAL_S:.0f} s first, so that there is something to replay.", flush=True)
    # After a stop in the middle they are live still.
    spaces = [
        (cast[show.host].spaces("live") or [cast[show.host].open(show, who_may_speak="everyone")])[0] for show in shows
    ]
    with ExitStack() as stage:
        for show, space in zip(shows, spaces, strict=True):
            stage.enter_context(speaking(SERVER, space, show, cast))
        stopping.wait(REHEARSAL_S)
    for show, space in zip(shows, spaces, strict=True):
        cast[show.host].ask("POST", f"/api/v1/spaces/{space['id']}/end")


if __name__ == "__main__":
    sys.exit(main())
