"""What every feature stands on and none of them owns: time, ids, the database, events, the internal link, the web.

`Kit` is the whole of it in one value, made once by `app.py` and handed to every action.
"""

from dataclasses import dataclass

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
