"""Certificate files that somebody else renews: followed, and loaded when they have changed and fit each other."""

import asyncio
from pathlib import Path

import structlog

from voxhall.kit.tls.contexts import BadCertificateError, ServerTls

log = structlog.get_logger()

# Two files are looked at this often, which costs nothing; a renewal is not urgent either.
LOOK_S = 1.0


async def follow(tls: ServerTls, chain: Path, key: Path) -> None:
    """Until cancelled. The files were loaded just before."""
    seen = _state(chain, key)
    while True:
        await asyncio.sleep(LOOK_S)
        now = _state(chain, key)
        if now == seen:
            continue
        # Written one after the other: between the two they do not fit, which the next look mends.
        seen = now
        try:
            tls.use(chain, key)
        except BadCertificateError as error:
            log.warning("certificate_not_loaded", reason=error.message)
        else:
            log.info("certificate_loaded", expires_at=str(tls.expires_at))


def _state(*files: Path) -> list[tuple[int, int, int] | None]:
    found: list[tuple[int, int, int] | None] = []
    for file in files:
        try:
            status = file.stat()
        except OSError:
            found.append(None)
        else:
            found.append((status.st_ino, status.st_mtime_ns, status.st_size))
    return found
