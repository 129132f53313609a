"""The rules of a space, pure: decide(space, command, actor, at) → events or a refusal; apply(space, event) → space.

No clock, no chance, no database, no event loop. Split by verb: `lifecycle`, `stage`, `microphone`; who may do what
stands in `policy` alone.
"""

from voxhall.spaces.model.apply import apply as apply
from voxhall.spaces.model.apply import apply_all as apply_all
from voxhall.spaces.model.decide import decide as decide
from voxhall.spaces.model.events import Event as Event
from voxhall.spaces.model.events import StoredEvent as StoredEvent
from voxhall.spaces.model.space import Participant as Participant
from voxhall.spaces.model.space import Person as Person
from voxhall.spaces.model.space import Space as Space
from voxhall.spaces.model.words import Delay as Delay
from voxhall.spaces.model.words import LeaveReason as LeaveReason
from voxhall.spaces.model.words import ParticipantId as ParticipantId
from voxhall.spaces.model.words import Recording as Recording
from voxhall.spaces.model.words import RecordingProblem as RecordingProblem
from voxhall.spaces.model.words import Role as Role
from voxhall.spaces.model.words import SeriesId as SeriesId
from voxhall.spaces.model.words import SpaceId as SpaceId
from voxhall.spaces.model.words import SpaceState as SpaceState
from voxhall.spaces.model.words import WhoMayListen as WhoMayListen
from voxhall.spaces.model.words import WhoMaySpeak as WhoMaySpeak
