"""`make screens`: pictures of every page and state, at three widths, light and dark, from a real server and browser.

`make screens ARGS="home replay"` takes only the scenes whose names begin so.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from scripts.screens import (  # noqa: E402 - the path has to be set first
    following,
    hearing,
    index,
    live,
    pages,
    replay,
    series,
    trouble,
    ways_in,
)
from scripts.screens.studio import Scene, Studio  # noqa: E402
from tests.journeys import chromium  # noqa: E402
from tests.running import running_server  # noqa: E402

SCENES: list[Scene] = [
    *pages.SCENES,
    *ways_in.SCENES,
    *following.SCENES,
    *series.SCENES,
    *live.SCENES,
    *hearing.SCENES,
    *trouble.SCENES,
    *replay.SCENES,
]


async def main(wanted: list[str]) -> int:
    scenes = [scene for scene in SCENES if not wanted or scene.name.startswith(tuple(wanted))]
    # One server for all: its pages fill up from scene to scene, and what has to be seen empty comes first.
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder), settings=ways_in.SETTINGS) as server:
        async with chromium.playwright() as running, Studio.open(running, server) as studio:
            taken = [await studio.play(scene) for scene in scenes]
    index.write(SCENES)
    return 0 if all(taken) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
