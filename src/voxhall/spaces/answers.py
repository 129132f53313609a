"""The shapes of what routes answer, as the API's description shows them."""

from pydantic import BaseModel, Field

from voxhall.spaces.model import Delay, Recording, RecordingProblem, SpaceState, WhoMayListen, WhoMaySpeak


class HostAnswer(BaseModel):
    handle: str | None
    display_name: str
    picture: str | None


class ReplayAnswer(BaseModel):
    duration_ms: int


class SpaceAnswer(BaseModel):
    id: str
    title: str
    state: SpaceState
    host: HostAnswer
    topics: list[str]
    language: str | None
    who_may_speak: WhoMaySpeak
    who_may_listen: WhoMayListen
    delay: Delay
    recording: Recording
    recording_problem: RecordingProblem | None
    scheduled_start: str | None
    created_at: str
    started_at: str | None
    ended_at: str | None
    series_id: str | None = Field(description="Of which series it is one.")
    listener_count: int
    replay: ReplayAnswer | None
    url: str


class ListedSpaceAnswer(SpaceAnswer):
    speakers: list[HostAnswer] = Field(description="Who is on stage while it is live, in the order in which they came.")


class SpacesAnswer(BaseModel):
    items: list[ListedSpaceAnswer]
    next_cursor: str | None


class InvitedAnswer(BaseModel):
    items: list[HostAnswer]


class ExpectedPersonAnswer(HostAnswer):
    role: str


class ExpectedAnswer(BaseModel):
    items: list[ExpectedPersonAnswer]


class ParticipantAnswer(BaseModel):
    id: str
    handle: str | None
    display_name: str
    picture: str | None
    role: str
    muted: bool
    muted_by_host: bool
    connected: bool
    csrc: int
    requested_at: str | None
