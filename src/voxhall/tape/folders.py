"""Where tapes and rings are below the data folder."""

import re
from pathlib import Path

TAPES, RINGS = "tapes", "rings"
SPACE_FOLDER = re.compile(r"sp_[A-Za-z0-9_-]{1,60}")


def tape_folder(data: Path, space_id: str) -> Path:
    return _below(data / TAPES, space_id)


def ring_folder(data: Path, space_id: str) -> Path:
    return _below(data / RINGS, space_id)


def taped_spaces(data: Path, kind: str = TAPES) -> list[str]:
    """The spaces that have a folder, by name; whatever else lies there is not ours."""
    root = data / kind
    if not root.is_dir():
        return []
    return sorted(one.name for one in root.iterdir() if SPACE_FOLDER.fullmatch(one.name) and one.is_dir())


def _below(root: Path, space_id: str) -> Path:
    # An id is ours, but it came over the network: nothing but a plain name becomes part of a path.
    if not SPACE_FOLDER.fullmatch(space_id):
        raise ValueError("this is not the id of a space")
    return root / space_id
