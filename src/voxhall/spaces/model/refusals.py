"""What the rules of a space refuse. Each leaf stands below its branch of `voxhall.errors`."""

from voxhall.errors import ConflictError, ForbiddenError, NotFoundError


class SpaceNotFoundError(NotFoundError):
    code = "space_not_found"
    message = "There is no such space."


class ParticipantNotFoundError(NotFoundError):
    code = "participant_not_found"
    message = "There is no such person in this space."


class NotLiveError(ConflictError):
    code = "space_not_live"
    message = "The space is not live."


class SpaceEndedError(NotLiveError):
    code = "space_ended"
    message = "The space is over."


class NotScheduledError(ConflictError):
    code = "space_not_scheduled"
    message = "Only a space that has not begun can be canceled."


class RemovedError(ForbiddenError):
    code = "removed"
    message = "You were removed from this space."


class OnlyHostError(ForbiddenError):
    code = "only_host"
    message = "Only the host can do that."


class OnlyStewardsError(ForbiddenError):
    code = "only_host_or_cohost"
    message = "Only the host and co-hosts can do that."


class ProtectedError(ForbiddenError):
    code = "protected"
    message = "Nobody acts on the host, and co-hosts do not act on each other."


class NotSelfError(ForbiddenError):
    code = "only_oneself"
    message = "People switch on their own microphone; ask them to."


class GuestError(ForbiddenError):
    code = "guest_may_not_speak"
    message = "Sign in to speak."


class MustAskError(ForbiddenError):
    code = "must_ask"
    message = "Ask to speak first."


class MutedByHostError(ForbiddenError):
    code = "muted_by_host"
    message = "A host took your microphone. Only they can give it back."


class HostStaysError(ForbiddenError):
    code = "host_stays"
    message = "The host stays on the stage. Leave, or end the space."


class StageFullError(ConflictError):
    code = "stage_full"
    message = "The stage is full."


class NotOnStageError(ConflictError):
    code = "not_on_stage"
    message = "That person is not on the stage."


class NoRequestError(ConflictError):
    code = "no_request"
    message = "That person does not ask to speak, or no longer."


class NotRecordingError(ConflictError):
    code = "not_recording"
    message = "The space is not being recorded."


class NotCohostError(ConflictError):
    code = "not_cohost"
    message = "That person is not a co-host."
