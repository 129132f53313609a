"""A door in the manner of WHEP before a rival's own: `python -m benchmarks.peers.bridge PORT RIVAL …`.

Session descriptions pass through it and packets never do, so that one crowd, the same for all, can join everywhere.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request, Response

from benchmarks.peers.bridge import janus, livekit

DOORS: dict[str, type[livekit.Door | janus.Door]] = {"livekit": livekit.Door, "janus": janus.Door}


def application(door: livekit.Door | janus.Door) -> FastAPI:
    @asynccontextmanager
    async def while_open(_: FastAPI) -> AsyncIterator[None]:
        await door.open()
        yield
        await door.close()

    app, sessions = FastAPI(lifespan=while_open), {}

    @app.post("/whep")
    async def join(request: Request) -> Response:
        description, session = await door.join((await request.body()).decode())
        address = f"/sessions/{id(session)}"
        sessions[address] = session
        return Response(description, 201, {"Location": address}, "application/sdp")

    @app.delete("/sessions/{number}")
    async def leave(request: Request) -> None:
        await sessions.pop(request.url.path).leave()

    @app.post("/whip")
    async def speak(request: Request) -> Response:
        return await door.speak(request)

    return app


if __name__ == "__main__":
    port, rival, *arguments = sys.argv[1:]
    uvicorn.run(application(DOORS[rival](*arguments)), host="127.0.0.1", port=int(port), access_log=False)
