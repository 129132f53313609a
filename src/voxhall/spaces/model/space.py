"""A space and the people in it, as values.

A `Space` in memory holds the people a decision needs: the stage, those who ask, the host and those named. The audience
may be ten thousand, so it is never loaded as a whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from voxhall.accounts.model import Promotion
from voxhall.spaces.model.words import (
    Delay,
    ParticipantId,
    Recording,
    RecordingProblem,
    Role,
    SeriesId,
    SpaceId,
    SpaceState,
    WhoMayListen,
    WhoMaySpeak,
)

# More voices than this are not a conversation any more, and every speaker costs the mixer a decoder.
STAGE_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Person:
    """An account or a guest, known by the id that the identity of the request proves."""

    id: str
    handle: str | None
    display_name: str
    # The id of the picture.
    picture: str | None = None

    @property
    def is_guest(self) -> bool:
        return self.handle is None


@dataclass(frozen=True, slots=True)
class Participant:
    """One person in one space, however many devices they have open."""

    id: ParticipantId
    person: Person
    csrc: int
    role: Role = Role.LISTENER
    muted: bool = True
    muted_by_host: bool = False
    # As shown on the stage; who is really connected is known to `live` alone.
    connected: bool = True
    requested_at: datetime | None = None
    request_order: int = 0
    # Onto the stage, by the host or a co-host, since they are in the audience.
    invited: bool = False
    stage_order: int = 0
    # Whoever spoke belongs to the replay, too.
    was_on_stage: bool = False
    removed_at: datetime | None = None
    # As a listener in no list, not even the host's, by their own choice; counted like everybody else.
    hidden: bool = False
    # Moved to the audience by somebody else: has to ask again even where everyone may speak.
    must_ask: bool = False
    # The role that a person lost with the connection, given back until `kept_until`.
    kept_role: Role | None = None
    kept_until: datetime | None = None

    @property
    def is_on_stage(self) -> bool:
        return self.role.is_on_stage

    @property
    def may_publish(self) -> bool:
        """Whether the media node lets this person's packets through."""
        return self.is_on_stage and not self.muted and not self.muted_by_host

    def role_kept_at(self, at: datetime) -> Role | None:
        return self.kept_role if self.kept_until is not None and at < self.kept_until else None


@dataclass(frozen=True, slots=True)
class Space:
    """One live audio event. `seq` is the number of the last stored event."""

    id: SpaceId
    title: str
    state: SpaceState
    host_id: str
    topics: tuple[str, ...]
    language: str | None
    who_may_speak: WhoMaySpeak
    recording: Recording
    created_at: datetime
    # Only with `paused`: what keeps the tape from what the host wants.
    recording_problem: RecordingProblem | None = None
    who_may_listen: WhoMayListen = WhoMayListen.EVERYONE
    delay: Delay = Delay.NORMAL
    scheduled_start: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    # Since when a live space has had nobody on stage.
    quiet_since: datetime | None = None
    listener_count: int = 0
    seq: int = 0
    # How long the replay is; None while there is none.
    replay_ms: int | None = None
    promotion: Promotion = Promotion.NORMAL
    # Of which series it is, and when that one's rule has it, wherever its host moved it.
    series_id: SeriesId | None = None
    series_start: datetime | None = None
    people: Mapping[ParticipantId, Participant] = field(default_factory=dict)
    # Of the people whom a decision concerns, the ids of those whom the host follows.
    followed_by_host: frozenset[str] = frozenset()
    # And the roles for which some of them were invited beforehand.
    invited_as: Mapping[str, Role] = field(default_factory=dict)

    @property
    def stage(self) -> tuple[Participant, ...]:
        on_stage = (one for one in self.people.values() if one.is_on_stage)
        return tuple(sorted(on_stage, key=lambda one: one.stage_order))

    @property
    def requests(self) -> tuple[Participant, ...]:
        asking = (one for one in self.people.values() if one.requested_at is not None)
        return tuple(sorted(asking, key=lambda one: one.request_order))

    @property
    def invitations(self) -> tuple[Participant, ...]:
        """Those in the audience who have neither stepped up nor declined."""
        return tuple(one for one in self.people.values() if one.invited)

    def participant_of(self, person_id: str) -> Participant | None:
        return next((one for one in self.people.values() if one.person.id == person_id), None)

    def role_of(self, participant: Participant) -> Role:
        """The host is host by being that person, on the stage or off it."""
        return Role.HOST if participant.person.id == self.host_id else participant.role

    def is_steward(self, participant: Participant) -> bool:
        """Host and co-hosts look after the stage and see who asks."""
        match self.role_of(participant):
            case Role.HOST | Role.COHOST:
                return True
            case Role.SPEAKER | Role.LISTENER:
                return False

    def with_participant(self, participant: Participant) -> "Space":
        return replace(self, people={**self.people, participant.id: participant})
