"""Recorded, paused, not recorded. People say what they want; the media node says when its disk does not let it."""

from typing import assert_never

from voxhall.spaces.model.commands import HaltTape, PauseRecording, ResumeTape, StartRecording, StopRecording
from voxhall.spaces.model.events import Event, RecordingChanged
from voxhall.spaces.model.refusals import NotRecordingError
from voxhall.spaces.model.space import Space
from voxhall.spaces.model.words import Recording, SpaceState


def decide(space: Space, command: StartRecording | PauseRecording | StopRecording) -> tuple[Event, ...]:
    match command:
        case StartRecording():
            wanted = Recording.ON
        case PauseRecording():
            if space.recording is Recording.OFF:
                raise NotRecordingError
            wanted = Recording.PAUSED
        case StopRecording():
            wanted = Recording.OFF
        case _:
            assert_never(command)
    is_so = space.recording is wanted and space.recording_problem is None
    return () if is_so else (RecordingChanged(wanted),)


def decide_for_tape(space: Space, command: HaltTape | ResumeTape) -> tuple[Event, ...]:
    """What comes late, after the end or after a person's own pause, changes nothing."""
    if space.state is not SpaceState.LIVE:
        return ()
    match command:
        case HaltTape(problem=problem):
            is_wanted = space.recording is Recording.ON or space.recording_problem is not None
            is_news = is_wanted and space.recording_problem is not problem
            return (RecordingChanged(Recording.PAUSED, problem),) if is_news else ()
        case ResumeTape():
            return (RecordingChanged(Recording.ON),) if space.recording_problem is not None else ()
        case _:
            assert_never(command)
