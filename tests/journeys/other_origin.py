"""Somebody else's page: a published WHEP player from npm, bundled, on an origin that is not the server's."""

import http.server
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.journeys.npm import FOLDER, NODE_MODULES, install

PAGE = """<!doctype html>
<meta charset="utf-8">
<title>Somebody else's page</title>
<video autoplay playsinline data-testid="sound"></video>
<button data-testid="listen">listen</button>
<button data-testid="stop">stop</button>
<script src="player.js"></script>
"""

SCRIPT = """
import { WebRTCPlayer } from '@eyevinn/webrtc-player';
const video = document.querySelector('video');
const player = new WebRTCPlayer({ video, type: 'whep', iceServers: [] });
document.querySelector('[data-testid=listen]').onclick = async () => {
  await player.load(new URL(new URLSearchParams(location.search).get('whep')));
  player.unmute();
};
document.querySelector('[data-testid=stop]').onclick = () => player.unload();
"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass


@contextmanager
def other_origin(folder: Path) -> Iterator[str]:
    """Answers the address of the page, on a host name and port of its own."""
    install()
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    bundle = [
        str(NODE_MODULES / ".bin" / "esbuild"),
        "--bundle",
        "--format=iife",
        "--loader=js",
        f"--outfile={folder / 'player.js'}",
    ]
    subprocess.run(bundle, cwd=FOLDER, input=SCRIPT, text=True, check=True, timeout=60, capture_output=True)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
