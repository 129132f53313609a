"""What plain HTTP is answered with: the certificate authority its proofs, everybody else the way to https."""

import re
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from voxhall.kit.doors import App, Receive, Scope, Send

# A name or an address as a browser writes it; anything else is not sent back.
HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\]")


def plain_http(public_url: str | None, port: int, proof_at: Callable[[str], str | None]) -> App:
    """Sends people to the public address or, without one, to the name that they typed and our port."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        await _answer(scope)(scope, receive, send)

    def _answer(scope: Scope) -> Response:
        path = str(scope["path"])
        if path.startswith("/.well-known/acme-challenge/"):
            proof = proof_at(path)
            return PlainTextResponse(proof) if proof else PlainTextResponse("", status_code=404)
        origin = public_url or _typed(Headers(scope=scope).get("host", ""), port)
        if origin is None:
            return PlainTextResponse("", status_code=400)
        query = scope["query_string"].decode("ascii", "ignore")
        raw = scope.get("raw_path", b"/").decode("ascii", "ignore")
        return RedirectResponse(origin + raw + (f"?{query}" if query else ""), status_code=308)

    return app


def _typed(host: str, port: int) -> str | None:
    name = host if host.endswith("]") else re.sub(r":\d{1,5}$", "", host)
    if not HOST.fullmatch(name):
        return None
    return f"https://{name}" if port == 443 else f"https://{name}:{port}"
