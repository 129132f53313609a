"""A file that says by its lock, not by its existence, that a process is alive: the system drops the lock with the
process.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


class LockedError(RuntimeError):
    """Another process holds the file."""


# How often somebody who waits looks again; an operator's command holds the lock for about a second.
LOOK_AGAIN_S = 0.1


@asynccontextmanager
async def lock_file(path: Path, wait_s: float = 0.0, *, shared: bool = False) -> AsyncIterator[None]:
    """LockedError if another process holds the file and goes on holding it for that time. Those who share it only keep
    out who does not.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Not inherited by children: one that outlives us must not seem to be us.
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline_s = asyncio.get_running_loop().time() + wait_s
        while not _has_locked(handle, shared=shared):
            if asyncio.get_running_loop().time() >= deadline_s:
                raise LockedError
            await asyncio.sleep(LOOK_AGAIN_S)
        yield
    finally:
        os.close(handle)


def _has_locked(handle: int, *, shared: bool) -> bool:
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
