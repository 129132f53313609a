"""scheduled → live → ended, or canceled."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from voxhall.spaces.model.commands import Cancel, End, EndQuiet, Start
from voxhall.spaces.model.events import Event, SpaceCanceled, SpaceEnded, SpaceStarted
from voxhall.spaces.model.refusals import NotLiveError, NotScheduledError, SpaceEndedError
from voxhall.spaces.model.space import Space
from voxhall.spaces.model.words import SpaceState

# Long enough for a host whose train is in a tunnel, short enough that a forgotten space does not stand in the list of
# live ones for an evening. A shorter time ends spaces whose host is only late.
QUIET_LIMIT = timedelta(minutes=15)


def require_live(space: Space) -> None:
    match space.state:
        case SpaceState.LIVE:
            return
        case SpaceState.SCHEDULED:
            raise NotLiveError("The space has not begun.")
        case SpaceState.ENDED:
            raise SpaceEndedError
        case SpaceState.CANCELED:
            raise NotLiveError("The space was canceled.")


def with_quiet_marked(space: Space, at: datetime) -> Space:
    """An empty stage is quiet from the first moment on which it is empty."""
    if space.state is not SpaceState.LIVE or space.stage:
        return replace(space, quiet_since=None)
    return space if space.quiet_since is not None else replace(space, quiet_since=at)


def decide(space: Space, command: Start | End | Cancel | EndQuiet, at: datetime) -> tuple[Event, ...]:
    match command:
        case Start():
            if space.state is SpaceState.SCHEDULED:
                return (SpaceStarted(at),)
            require_live(space)
            return ()
        case End():
            if space.state is SpaceState.ENDED:
                return ()
            require_live(space)
            return (SpaceEnded(at),)
        case Cancel():
            if space.state is SpaceState.CANCELED:
                return ()
            if space.state is not SpaceState.SCHEDULED:
                raise NotScheduledError
            return (SpaceCanceled(),)
        case EndQuiet():
            since = space.quiet_since
            is_quiet = space.state is SpaceState.LIVE and since is not None and at - since >= QUIET_LIMIT
            return (SpaceEnded(at),) if is_quiet else ()
        case _:
            assert_never(command)
