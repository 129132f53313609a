"""What every feature stands on and none of them owns: time, ids, the database, events, the internal link, the web.

`Kit` is the whole of it in one value, made once by `app.py` and handed to every action.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

# For the types alone: a media node or a worker that imports the link must not load a database with it (0.6 s).
if TYPE_CHECKING:
    from voxhall.config import Settings
    from voxhall.kit.clock import Clock
    from voxhall.kit.db import Database
    from voxhall.kit.events import Events
    from voxhall.kit.ids import Ids
    from voxhall.kit.link_ends import LinkServer


@dataclass(frozen=True, slots=True)
class Kit:
    settings: Settings
    db: Database
    clock: Clock
    ids: Ids
    events: Events
    link: LinkServer
