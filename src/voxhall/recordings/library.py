"""The tapes that are being listened to, kept open: what was found in a long tape once is not looked for again."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from voxhall.spaces.model import SpaceId
from voxhall.tape import Tape, tape_folder

# What is known of an hour with six tracks takes 4 MB.
MAX_OPEN = 16


class Library:
    """Everything here blocks, and is called outside the event loop."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._tapes: OrderedDict[tuple[SpaceId, bool], tuple[Tape, threading.Lock]] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def open(self, space_id: SpaceId, *, is_complete: bool) -> Iterator[Tape]:
        """As it is now. A complete tape is looked at once."""
        with self.opened(space_id, is_complete=is_complete) as tape:
            if not is_complete or not tape.was_complete:
                tape.refresh(is_complete=is_complete)
            yield tape

    @contextmanager
    def opened(self, space_id: SpaceId, *, is_complete: bool) -> Iterator[Tape]:
        """As it was when somebody last looked."""
        key = (space_id, is_complete)
        with self._lock:
            if key not in self._tapes:
                self._tapes[key] = (Tape(tape_folder(self._data, space_id)), threading.Lock())
            self._tapes.move_to_end(key)
            while len(self._tapes) > MAX_OPEN:
                self._tapes.popitem(last=False)
            tape, lock = self._tapes[key]
        with lock:
            yield tape

    def forget(self, space_id: SpaceId) -> None:
        with self._lock:
            for is_complete in (False, True):
                self._tapes.pop((space_id, is_complete), None)
