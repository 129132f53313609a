"""Who may see and hear a space: one decision for its title, its stage, its sound, its captions and its replay.

`spaces/visibility.py` says the same in SQL for lists; tests/spaces/test_access.py holds the two together.
"""

from dataclasses import dataclass
from typing import assert_never

from voxhall.spaces.model.space import Space
from voxhall.spaces.model.words import WhoMayListen


@dataclass(frozen=True, slots=True)
class Viewer:
    """What has to be known of whoever asks; a guest is nothing of all this."""

    person_id: str | None = None
    is_administrator: bool = False
    follows_host: bool = False
    is_invited: bool = False
    # To the stage, beforehand.
    is_expected: bool = False
    is_blocked_by_host: bool = False
    # By somebody on the stage, or who stood there in a space that is over.
    is_blocked_by_speaker: bool = False


def may_see(space: Space, viewer: Viewer) -> bool:
    """The host always; whoever stands on the stage, or is expected there, as long as the host has not blocked them;
    others by the door.

    An administrator passes blocks, which would hide from them what they are told about, and no other door.
    """
    if viewer.person_id is not None and viewer.person_id == space.host_id:
        return True
    if viewer.is_blocked_by_host and not viewer.is_administrator:
        return False
    participant = space.participant_of(viewer.person_id) if viewer.person_id is not None else None
    if viewer.is_expected or (participant is not None and participant.is_on_stage):
        return True
    if viewer.is_blocked_by_speaker and not viewer.is_administrator:
        return False
    match space.who_may_listen:
        case WhoMayListen.EVERYONE | WhoMayListen.LINK:
            return True
        case WhoMayListen.FOLLOWERS:
            return viewer.follows_host
        case WhoMayListen.INVITED:
            return viewer.is_invited
        case _:
            assert_never(space.who_may_listen)
