"""scheduled → live → ended, or canceled."""

from dataclasses import astuple, replace
from datetime import datetime, timedelta
from typing import assert_never

from voxhall.errors import InvalidError
from voxhall.spaces.model.commands import Cancel, CancelOverdue, Edit, End, EndQuiet, Start
from voxhall.spaces.model.events import Event, SpaceCanceled, SpaceEdited, SpaceEnded, SpaceStarted
from voxhall.spaces.model.refusals import NotLiveError, NotScheduledError, SpaceEndedError
from voxhall.spaces.model.space import Space
from voxhall.spaces.model.words import SpaceState

# Long enough for a host whose train is in a tunnel, short enough that a forgotten space does not stand in the list of
# live ones for an evening. A shorter time ends spaces whose host is only late.
QUIET_LIMIT = timedelta(minutes=15)

# A host may be late by this much; then whoever waits is told that nothing comes.
START_LIMIT = timedelta(hours=1)
# Further ahead nobody has a calendar, and a list of what is to come would be full of jokes.
FURTHEST = timedelta(days=400)


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


def decide(
    space: Space, command: Start | End | Cancel | Edit | EndQuiet | CancelOverdue, at: datetime
) -> tuple[Event, ...]:
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
        case Edit():
            return _edit(space, command, at)
        case CancelOverdue():
            start = space.scheduled_start
            is_overdue = space.state is SpaceState.SCHEDULED and start is not None and at - start >= START_LIMIT
            return (SpaceCanceled(was_overdue=True),) if is_overdue else ()
        case EndQuiet():
            since = space.quiet_since
            is_quiet = space.state is SpaceState.LIVE and since is not None and at - since >= QUIET_LIMIT
            return (SpaceEnded(at),) if is_quiet else ()
        case _:
            assert_never(command)


def _edit(space: Space, wanted: Edit, at: datetime) -> tuple[Event, ...]:
    if space.state is not SpaceState.SCHEDULED:
        raise NotScheduledError("Only a space that has not begun can be edited.")
    if wanted.scheduled_start != space.scheduled_start:
        check_start(wanted.scheduled_start, at)
    edited = SpaceEdited(
        wanted.title,
        wanted.topics,
        wanted.language,
        wanted.who_may_speak,
        wanted.recording,
        wanted.scheduled_start,
        wanted.delay,
    )
    about = (space.title, space.topics, space.language)
    now = (*about, space.who_may_speak, space.recording, space.scheduled_start, space.delay)
    return () if now == astuple(edited) else (edited,)


def check_start(start: datetime | None, at: datetime) -> None:
    if start is not None and not timedelta(0) < start - at <= FURTHEST:
        days = FURTHEST.days
        raise InvalidError.of("scheduled_start", f"The start must lie in the future, within {days} days.")
