"""What WHIP (RFC 9725) and WHEP have in common over HTTP: bodies, entity tags, and pages of any origin."""

import re
from typing import Any

from fastapi import Request, Response

from voxhall.errors import BadRequestError, JsonObject, UnsupportedTypeError, VoxhallError
from voxhall.kit.doors import App, Message, Receive, Scope, Send, header_of, raw
from voxhall.live.sessions import Opened

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
SESSIONS = re.compile(r"/api/v1/spaces/[^/]+/(whip|whep)(/|$)")

# No cookie is ever sent along with these: whoever calls from another origin brings a token, or only listens.
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Location, ETag, Link, Accept-Patch, Retry-After",
    "cross-origin-resource-policy": "cross-origin",
}
RAW_CORS = raw(CORS)
CORS_NAMES = {name for name, _ in RAW_CORS}
PREFLIGHT = {
    "access-control-allow-methods": "OPTIONS, POST, PATCH, DELETE",
    "access-control-allow-headers": "Authorization, Content-Type, If-Match",
    "access-control-max-age": "86400",
    "accept-post": SDP,
    "accept-patch": FRAGMENT,
}


def described(sent: str, status: int, answered: str) -> dict[str, Any]:
    """For the API's description: bodies that are not JSON."""
    return {
        "openapi_extra": {"requestBody": {"required": True, "content": {sent: {"schema": {"type": "string"}}}}},
        "responses": {status: {"content": {answered: {"schema": {"type": "string"}}}}},
    }


class PreconditionRequiredError(VoxhallError):
    code = "precondition_required"
    status = 428
    message = "Send If-Match with the entity tag of the session, or with *."


class BadSdpError(BadRequestError):
    code = "bad_sdp"
    message = "This is not a session description in UTF-8."


class AnyOrigin:
    """The outermost door: pages of other origins can read every refusal at WHIP and WHEP, whichever door or route it
    comes from; else they would only see "network error".
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not SESSIONS.match(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [header for header in message["headers"] if header[0] not in CORS_NAMES]
                message["headers"] = others + RAW_CORS
            await send(message)

        await self._app(scope, receive, send_readable)


def preflight() -> Response:
    return Response(status_code=204, headers=PREFLIGHT)


async def body_of(request: Request, content_type: str) -> str:
    """Its size was bounded before it was read."""
    given = (header_of(request.scope, b"content-type") or "").partition(";")[0].strip().lower()
    if given != content_type:
        accept = {"accept-post": SDP} if content_type == SDP else {"accept-patch": FRAGMENT}
        raise UnsupportedTypeError(f"Send {content_type}.", headers=accept)
    try:
        text = (await request.body()).decode()
    except UnicodeDecodeError:
        raise BadSdpError from None
    if "\0" in text:
        raise BadSdpError
    return text


def if_match_of(request: Request) -> str:
    """The entity tag without its quotes, or `*`, which RFC 9725 §4.3.3 shows in quotes and RFC 9110 without."""
    given = request.headers.get("if-match")
    if given is None:
        raise PreconditionRequiredError
    return given.strip().removeprefix("W/").strip('"')


def created(opened: Opened, location: str) -> Response:
    return Response(
        opened.sdp,
        status_code=201,
        media_type=SDP,
        headers={"location": location, "etag": quoted(opened.etag), "accept-patch": FRAGMENT},
    )


def patched(answer: JsonObject) -> Response:
    """A trickled candidate has nothing to answer (204); an ICE restart answers the new credentials (200, §4.3.3)."""
    fragment = answer.get("fragment")
    headers = {"etag": quoted(str(answer["etag"]))}
    if fragment is None:
        return Response(status_code=204, headers=headers)
    return Response(str(fragment), status_code=200, media_type=FRAGMENT, headers=headers)


def quoted(etag: str) -> str:
    return f'"{etag.strip(chr(34))}"'
