"""How a route is handed the recordings."""

from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from voxhall.recordings.actions import Recordings


async def recordings_of(connection: HTTPConnection) -> Recordings:
    return cast(Recordings, connection.app.state.recordings)


RecordingsDep = Annotated[Recordings, Depends(recordings_of)]
