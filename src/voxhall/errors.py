"""Everything that Voxhall refuses, in one tree.

VoxhallError                      500 internal
├── InvalidError                  422 invalid
├── BadJsonError                  400 bad_json
├── BadRequestError               400 bad_request
├── UnauthorizedError             401 unauthorized
│   ├── WrongCredentialsError     401 wrong_credentials
│   └── BadTokenError             401 bad_token
├── ForbiddenError                403 forbidden
│   ├── CrossOriginError          403 cross_origin
│   ├── MissingScopeError         403 missing_scope
│   ├── SuspendedError            403 suspended
│   └── WrongClaimError           403 wrong_claim
├── NotFoundError                 404 not_found
│   └── UserNotFoundError         404 user_not_found
├── MethodNotAllowedError         405 method_not_allowed
├── ConflictError                 409 conflict
│   └── HandleTakenError          409 handle_taken
├── TooLargeError                 413 too_large
├── UnsupportedTypeError          415 unsupported_type
├── TooManyRequestsError          429 too_many_requests
├── CapacityError                 503 at_capacity
├── DatabaseDownError             503 database_down
├── DatabaseFullError             503 database_full
├── DiskFullError                 507 disk_full
├── LinkDownError                 503 link_down
├── LinkTimeoutError              504 link_timeout
└── RemoteError                   as the other side of the link said

The code is for machines and never changes its meaning, the sentence is for people. A message never repeats what the
caller sent. Features add their own leaves below these branches.
"""

from collections.abc import Mapping
from typing import TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]


class SettingsError(ValueError):
    """A setting that cannot be used, in one sentence that names it and never shows its value."""


class VoxhallError(Exception):
    """A refusal, or a failure, with the code, status and sentence that whoever asked is told."""

    code = "internal"
    status = 500
    message = "Something went wrong on this server."

    def __init__(
        self, message: str | None = None, *, details: JsonValue = None, headers: Mapping[str, str] | None = None
    ) -> None:
        if message is not None:
            self.message = message
        self.details = details
        self.headers = dict(headers or {})
        super().__init__(self.message)

    def as_json(self) -> JsonObject:
        """The inner object of an answer: code, message, details."""
        return {"code": self.code, "message": self.message, "details": self.details}


class InvalidError(VoxhallError):
    """Details: a list of {field, message}; never the value."""

    code = "invalid"
    status = 422
    message = "Some of the values are not acceptable."

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidError":
        """The refusal of one field, in one sentence."""
        return cls(details=[{"field": field, "message": message}])


class BadJsonError(VoxhallError):
    code = "bad_json"
    status = 400
    message = "The body is not acceptable JSON."


class BadRequestError(VoxhallError):
    code = "bad_request"
    status = 400
    message = "The request cannot be understood."


class UnauthorizedError(VoxhallError):
    code = "unauthorized"
    status = 401
    message = "Sign in first."


class WrongCredentialsError(UnauthorizedError):
    code = "wrong_credentials"
    message = "The handle or the password is wrong."


class BadTokenError(UnauthorizedError):
    code = "bad_token"
    message = "The token is unknown, revoked or expired."


class ForbiddenError(VoxhallError):
    code = "forbidden"
    status = 403
    message = "You may not do this."


class CrossOriginError(ForbiddenError):
    code = "cross_origin"
    message = "This request comes from a page of another site."


class MissingScopeError(ForbiddenError):
    code = "missing_scope"
    message = "The token does not allow this."


class SuspendedError(ForbiddenError):
    code = "suspended"
    message = "This account is suspended. Ask the people who run this server."


class WrongClaimError(ForbiddenError):
    code = "wrong_claim"
    message = "The administrator link is not valid any more; the server prints a new one when it starts."


class NotFoundError(VoxhallError):
    code = "not_found"
    status = 404
    message = "There is nothing here."


class UserNotFoundError(NotFoundError):
    code = "user_not_found"
    message = "There is no such person here."


class MethodNotAllowedError(VoxhallError):
    code = "method_not_allowed"
    status = 405
    message = "This address does not take that method."


class ConflictError(VoxhallError):
    code = "conflict"
    status = 409
    message = "That does not fit the present state."


class HandleTakenError(ConflictError):
    code = "handle_taken"
    message = "That handle is taken."


class TooLargeError(VoxhallError):
    code = "too_large"
    status = 413
    message = "The body is too large."


class UnsupportedTypeError(VoxhallError):
    code = "unsupported_type"
    status = 415
    message = "The body has the wrong content type."


class TooManyRequestsError(VoxhallError):
    code = "too_many_requests"
    status = 429
    message = "Too many attempts; wait a little."


class CapacityError(VoxhallError):
    code = "at_capacity"
    status = 503
    message = "The server is full at the moment."


class DatabaseDownError(VoxhallError):
    code = "database_down"
    status = 503
    message = "The database does not answer."


class DatabaseFullError(VoxhallError):
    code = "database_full"
    status = 503
    message = "The server's disk is full, so nothing new can be kept; try again in a moment."


class DiskFullError(VoxhallError):
    code = "disk_full"
    status = 507
    message = "The server's disk is nearly full, so nothing can be recorded. The sound goes on."


class LinkDownError(VoxhallError):
    code = "link_down"
    status = 503
    message = "A part of the server is restarting; try again in a moment."


class LinkTimeoutError(VoxhallError):
    code = "link_timeout"
    status = 504
    message = "A part of the server did not answer in time."


class RemoteError(VoxhallError):
    """A refusal that came over the internal link; it keeps the other side's code and status."""

    def __init__(self, code: str, message: str, *, status: int = 500, details: JsonValue = None) -> None:
        super().__init__(message, details=details)
        self.code = code
        self.status = status
