"""How a route is handed what is alive."""

from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from voxhall.live.service import Live


async def live_of(connection: HTTPConnection) -> Live:
    return cast(Live, connection.app.state.live)


LiveDep = Annotated[Live, Depends(live_of)]
