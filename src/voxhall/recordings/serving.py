"""Sound and words as files over HTTP: one byte range or all (RFC 9110 §14), HEAD, readable from any origin."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from anyio import to_thread
from fastapi import Request, Response
from starlette.responses import StreamingResponse

from voxhall.errors import VoxhallError

# Of a file that is read and sent at a time.
PIECE_BYTES = 256 * 1024
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag",
    "cross-origin-resource-policy": "cross-origin",
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class RangeError(VoxhallError):
    code = "range_not_satisfiable"
    status = 416
    message = "There are no such bytes."


class Source(Protocol):
    """Bytes that can be read anywhere, and always say the same at the same place."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Bytes:
    whole: bytes

    @property
    def size(self) -> int:
        return len(self.whole)

    def read(self, offset: int, length: int) -> bytes:
        return self.whole[offset : offset + length]


@dataclass(frozen=True, slots=True)
class FileBytes:
    path: Path
    size: int

    def read(self, offset: int, length: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


def answer(request: Request, source: Source, *, media_type: str, etag: str | None, disposition: str) -> Response:
    """`etag` names these bytes: whoever goes on with a download gets the rest of the same, or all of the new.

    None is for what still grows: its bytes stay where they are, but each answer names the size of its moment.
    """
    quoted = f'"{etag}"' if etag else None
    headers = {
        **CORS,
        "accept-ranges": "bytes",
        "cache-control": "no-cache" if quoted else "no-store",
        "content-type": media_type,
        "content-disposition": disposition,
    }
    if quoted:
        headers["etag"] = quoted
    if quoted and request.headers.get("if-none-match") in {quoted, f"W/{quoted}"}:
        return Response(status_code=304, headers={name: headers[name] for name in (*CORS, "etag", "cache-control")})
    wanted = request.headers.get("range")
    if wanted is not None and request.headers.get("if-range", quoted) != quoted:
        wanted = None
    begin, end, is_part = _range(wanted, source.size)
    if is_part:
        headers["content-range"] = f"bytes {begin}-{end - 1}/{source.size}"
    headers["content-length"] = str(end - begin)
    status = 206 if is_part else 200
    if request.scope.get("is_head"):
        return Response(status_code=status, headers=headers)
    return StreamingResponse(_pieces(source, begin, end), status, headers)


def preflight() -> Response:
    allowed = {
        "access-control-allow-methods": "GET, HEAD, OPTIONS",
        "access-control-allow-headers": "Authorization, Range, If-Range",
    }
    return Response(status_code=204, headers={**CORS, **allowed, "access-control-max-age": "86400"})


def _range(wanted: str | None, size: int) -> tuple[int, int, bool]:
    """Begin, end and whether it is a part. What is no single range of bytes is ignored, as the RFC wants it."""
    match = _RANGE.fullmatch(wanted.strip()) if wanted else None
    if match is None or match[0] == "bytes=-":
        return 0, size, False
    first, last = match[1], match[2]
    if not first:
        begin, end = max(0, size - int(last)), size
    else:
        begin, end = int(first), min(int(last) + 1, size) if last else size
    if first and last and int(last) < int(first):
        return 0, size, False
    if begin >= end:
        raise RangeError(headers={**CORS, "content-range": f"bytes */{size}"})
    return begin, end, True


async def _pieces(source: Source, begin: int, end: int) -> AsyncIterator[bytes]:
    while begin < end:
        piece = await to_thread.run_sync(source.read, begin, min(PIECE_BYTES, end - begin))
        if not piece:
            return
        begin += len(piece)
        yield piece
