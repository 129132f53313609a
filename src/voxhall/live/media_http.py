"""What WHIP (RFC 9725) and WHEP have in common over HTTP: bodies, entity tags, and pages of any origin."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from voxhall.errors import BadRequestError, JsonObject, UnsupportedTypeError, VoxhallError
from voxhall.live.sessions import Opened

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"

# No cookie is ever sent along with these: whoever calls from another origin brings a token, or only listens.
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Location, ETag, Link, Accept-Patch, Retry-After",
    "cross-origin-resource-policy": "cross-origin",
}
PREFLIGHT = {
    **CORS,
    "access-control-allow-methods": "OPTIONS, POST, PATCH, DELETE",
    "access-control-allow-headers": "Authorization, Content-Type, If-Match",
    "access-control-max-age": "86400",
    "accept-post": SDP,
    "accept-patch": FRAGMENT,
}


class PreconditionRequiredError(VoxhallError):
    code = "precondition_required"
    status = 428
    message = "Send If-Match with the entity tag of the session, or with *."


class BadSdpError(BadRequestError):
    code = "bad_sdp"
    message = "This is not a session description in UTF-8."


class CorsRoute(APIRoute):
    """Refusals too are readable for pages of other origins, or they would only see "network error"."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_any_origin(request: Request) -> Response:
            try:
                response = await handle(request)
            except VoxhallError as error:
                error.headers = {**CORS, **error.headers}
                raise
            for name, value in CORS.items():
                response.headers.setdefault(name, value)
            return response

        return handle_any_origin


def preflight() -> Response:
    return Response(status_code=204, headers=PREFLIGHT)


async def body_of(request: Request, content_type: str) -> str:
    """Its size was bounded before it was read."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
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
