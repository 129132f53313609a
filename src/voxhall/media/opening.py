"""A supervised media node is opened before anything else is loaded: the listeners of one that was killed wait for that,
and the modules that are not needed for it take most of the time of a start.
"""

import json
import os
from typing import TYPE_CHECKING

from voxhall.media import _core

if TYPE_CHECKING:
    from pathlib import Path

# What the node is opened with, from the supervisor; `voxhall/__main__.py` looks for it.
VARIABLE = "VOXHALL_MEDIA_NODE"

_opened: list[_core.Node] = []


def told(
    *,
    port: int,
    advertised: list[str],
    max_peers: int,
    frame_ms: int | None,
    send_threads: int | None,
    data: "Path",
    memory: int | None,
) -> dict[str, str]:
    """The environment of a process that is to open such a node. `memory`: a descriptor that it inherits."""
    node = {
        "port": port,
        "advertised": advertised,
        "max_peers": max_peers,
        "frame_ms": frame_ms,
        "send_threads": send_threads,
        "data": str(data),
        "memory": memory,
    }
    return {VARIABLE: json.dumps(node)}


def open_early() -> None:
    """A port that is taken is said by whoever opens it in vain again, when there is somebody to say it to."""
    node = json.loads(os.environ.pop(VARIABLE))
    try:
        _opened.append(_core.Node(**node))
    except OSError:
        return
    finally:
        if node["memory"] is not None:
            # The node has it mapped; no descriptor of it is left for anybody to inherit.
            os.close(node["memory"])


def take() -> _core.Node | None:
    """The node that was opened, once."""
    return _opened.pop() if _opened else None
