"""What every request passes before a route sees it, as plain ASGI layers from the outside in.

`Answers`   a request id, the security headers, and a 500 that tells nothing; no traceback ever leaves.
`SameOrigin` what a cookie signs must come from our own pages.
`Bodies`    at most 64 KiB, counted as they arrive, and JSON that passes `strict_json` before anything parses it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import structlog
from starlette.responses import JSONResponse

from voxhall.errors import BadRequestError, CapacityError, CrossOriginError, TooLargeError, VoxhallError
from voxhall.kit import strict_json
from voxhall.kit.ids import Ids

log = structlog.get_logger()

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# An SDP offer of a busy browser is 8 KiB; nothing that people send here is larger than a long bio.
MAX_BODY_BYTES = 64 * 1024
# What is read and thrown away of a body that is too large, so that its sender gets to see the refusal: who is cut off
# in the middle of sending sees "connection reset" instead. Beyond this, cutting off is the answer.
MAX_DISCARDED_BYTES = 32 * 1024 * 1024
# 64 KiB at the slowest mobile network; a body that dribbles longer is holding a door open.
BODY_TIMEOUT_S = 20.0
# In the scope of a request that came with all of its body: nothing of it is waited for, and no timer is needed.
BODY_IS_HERE = "voxhall.body_is_here"
# How many bodies are held at once at the addresses that take more than the others: who sends them may be anybody.
LARGE_AT_ONCE = 4
LARGE_TIMEOUT_S = 60.0

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

# Nothing inline, not even a style: what a page looks like and does is in files of ours.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'{hashes}; style-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY.format(hashes=""),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


RawHeaders = list[tuple[bytes, bytes]]


def header_of(scope: Scope, name: bytes) -> str | None:
    """The first of this name, which is in small letters, as all names in a scope are. For what every request passes:
    looking through Starlette's view of the headers costs as much as the rest of a layer.
    """
    for given, value in scope["headers"]:
        if given == name:
            return bytes(value).decode("latin-1")
    return None


def raw(headers: Mapping[str, str]) -> RawHeaders:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def add_missing(message: Message, headers: RawHeaders) -> None:
    """To a message that begins an answer: those that it does not have yet, which are in small letters."""
    given = list(message.get("headers", ()))
    names = {name.lower() for name, _ in given}
    message["headers"] = given + [header for header in headers if header[0] not in names]


def error_response(error: VoxhallError) -> JSONResponse:
    return JSONResponse({"error": error.as_json()}, status_code=error.status, headers=error.headers)


class Answers:
    def __init__(self, app: App, ids: Ids, *, is_https: bool) -> None:
        self._app, self._ids = app, ids
        headers = dict(SECURITY_HEADERS)
        if is_https:
            headers["strict-transport-security"] = "max-age=31536000"
        self._headers = raw(headers)
        self._headers_of_api = raw(headers | {"cache-control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # What GET would answer; the server itself leaves the body out.
            scope = {**scope, "method": "GET", "is_head": True}
        request_id = self._ids.new("rq")
        is_api = scope["path"].startswith("/api/")
        own = [(b"x-request-id", request_id.encode()), *(self._headers_of_api if is_api else self._headers)]
        has_started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                add_missing(message, own)
            await send(message)

        bound = structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, send_with_headers)
        except VoxhallError as error:
            await error_response(error)(scope, receive, send_with_headers)
        except Exception:
            log.exception("request_failed", method=scope["method"])
            if not has_started:
                await error_response(VoxhallError())(scope, receive, send_with_headers)
        finally:
            structlog.contextvars.reset_contextvars(**bound)


class SameOrigin:
    """A request that a cookie signs and that changes something, or opens a socket, comes from a page of ours.

    Browsers say so in Sec-Fetch-Site or Origin; what says neither is not a browser and has no one's cookies to misuse.
    """

    def __init__(self, app: App, cookies: frozenset[str], public_url: str | None) -> None:
        self._app, self._cookies, self._public_url = app, cookies, public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        may_change = scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in SAFE_METHODS)
        if may_change and self._is_signed_by_cookie(scope) and not self._is_ours(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4403, "reason": CrossOriginError.code})
                return
            raise CrossOriginError
        await self._app(scope, receive, send)

    def _is_signed_by_cookie(self, scope: Scope) -> bool:
        given = header_of(scope, b"cookie")
        if given is None or header_of(scope, b"authorization") is not None:
            return False
        cookies = {part.partition("=")[0].strip() for part in given.split(";")}
        return not cookies.isdisjoint(self._cookies)

    def _is_ours(self, scope: Scope) -> bool:
        site = header_of(scope, b"sec-fetch-site")
        if site is not None and site not in {"same-origin", "none"}:
            return False
        origin = header_of(scope, b"origin")
        if origin is None:
            return True
        return origin == self._public_url or origin.partition("://")[2] == header_of(scope, b"host")


class Bodies:
    """Reads the body itself, so that a route is called with all of it, small and well-formed, or not at all."""

    def __init__(self, app: App, larger: Mapping[str, int] | None = None) -> None:
        """`larger`: the few addresses that take more, with how many bytes."""
        self._app, self._larger = app, dict(larger or {})
        self._large = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4404})
                return
            raise BadRequestError
        if scope["type"] == "websocket" or scope["method"] in SAFE_METHODS:
            await self._app(scope, receive, send)
            return
        body = await self._read(scope, receive)
        if body is None:
            return
        if body and "json" in (header_of(scope, b"content-type") or "").lower():
            strict_json.parse(body)
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, replay, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        path = scope["path"]
        if path not in self._larger:
            return await _read(receive, scope, MAX_BODY_BYTES, BODY_TIMEOUT_S)
        if self._large >= LARGE_AT_ONCE:
            raise CapacityError(headers={"retry-after": "5", "connection": "close"})
        self._large += 1
        try:
            return await _read(receive, scope, self._larger[path], LARGE_TIMEOUT_S)
        finally:
            self._large -= 1


async def _read(receive: Receive, scope: Scope, max_bytes: int, timeout_s: float) -> bytes | None:
    """The whole body; None when the client hung up before it was complete."""
    announced = header_of(scope, b"content-length") or "0"
    announced_bytes = int(announced[:12]) if announced.isdecimal() else 0
    expects = header_of(scope, b"expect") is not None
    if announced_bytes > MAX_DISCARDED_BYTES or (announced_bytes > max_bytes and expects):
        raise TooLargeError(headers={"connection": "close"})
    if BODY_IS_HERE in scope:
        return await _read_to_end(receive, max_bytes)
    try:
        async with asyncio.timeout(timeout_s):
            return await _read_to_end(receive, max_bytes)
    except TimeoutError:
        raise BadRequestError("The body did not arrive in time.", headers={"connection": "close"}) from None


async def _read_to_end(receive: Receive, max_bytes: int) -> bytes | None:
    body, size_bytes, is_complete = bytearray(), 0, False
    while not is_complete:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size_bytes += len(part)
        if size_bytes > MAX_DISCARDED_BYTES:
            raise TooLargeError(headers={"connection": "close"})
        if size_bytes <= max_bytes:
            body += part
        is_complete = not message.get("more_body")
    if size_bytes > max_bytes:
        raise TooLargeError
    return bytes(body)
