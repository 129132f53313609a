"""What routes share: the Kit they are handed, errors as JSON, and lists in pages."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, FastAPI, Query
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, AwareDatetime, BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.routing import Match

from voxhall.errors import (
    BadJsonError,
    BadRequestError,
    InvalidError,
    JsonObject,
    MethodNotAllowedError,
    NotFoundError,
    UnauthorizedError,
    VoxhallError,
)
from voxhall.kit import Kit, strict_json
from voxhall.kit.doors import error_response

# Enough to mend a form; a body of a thousand wrong items is answered shortly.
MAX_DETAILS = 20

T = TypeVar("T")


async def kit_of(connection: HTTPConnection) -> Kit:
    """Async, as all that routes are handed: what is not would be called in a thread, for each request."""
    return cast(Kit, connection.app.state.kit)


def address_of(connection: HTTPConnection) -> str:
    """Whom attempts are counted by; behind a trusted proxy, the address that it names."""
    return connection.client.host if connection.client else ""


KitDep = Annotated[Kit, Depends(kit_of)]


def _within_the_calendar(at: datetime) -> datetime:
    """A time whose reading in UTC has a year of four digits, as everything behind the routes expects."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("This time lies outside the calendar.") from None


Time = Annotated[AwareDatetime, AfterValidator(_within_the_calendar)]


class ErrorBody(BaseModel):
    code: str
    message: str
    details: Any


class ErrorAnswer(BaseModel):
    error: ErrorBody


# As the API's description shows the refusals of every route.
REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorAnswer, "description": "Refused; docs/errors.md lists the codes."},
    "5XX": {"model": ErrorAnswer, "description": "The server cannot at the moment."},
}


@dataclass(frozen=True, slots=True)
class Page:
    limit: int
    cursor: str | None

    def after(self) -> list[Any] | None:
        """What the cursor of the last page said: the sort key of its last item."""
        if self.cursor is None:
            return None
        try:
            after = strict_json.parse(base64.urlsafe_b64decode(self.cursor + "=="))
        except (ValueError, BadJsonError):
            after = None
        if not isinstance(after, list):
            raise _not_a_cursor()
        return after

    def after_number(self) -> int | None:
        """The same of a list that is sorted by a number that no two share."""
        match self.after():
            case None:
                return None
            case [int(number)] if 0 <= number < 2**63:
                return number
        raise _not_a_cursor()

    def after_time(self) -> tuple[datetime, str] | None:
        """The same of a list that is sorted by a time and then by an id."""
        match self.after():
            case None:
                return None
            case [str(at), str(item_id)]:
                try:
                    return datetime.fromisoformat(at).astimezone(UTC), item_id
                except (ValueError, OverflowError):
                    pass
            case _:
                pass
        raise _not_a_cursor()


def _not_a_cursor() -> InvalidError:
    return InvalidError.of("cursor", "This is not a cursor from an earlier page.")


async def _page(
    limit: Annotated[int, Query(ge=1, le=100)] = 50, cursor: Annotated[str | None, Query(max_length=300)] = None
) -> Page:
    return Page(limit, cursor)


PageDep = Annotated[Page, Depends(_page)]


def page_of(
    found: Sequence[T], page: Page, as_json: Callable[[T], JsonObject], sort_key: Callable[[T], list[Any]]
) -> JsonObject:
    """The answer of a list, given up to `limit + 1` rows in their order."""
    shown = found[: page.limit]
    next_cursor = None
    if len(found) > page.limit:
        key = json.dumps(sort_key(shown[-1]), separators=(",", ":")).encode()
        next_cursor = base64.urlsafe_b64encode(key).decode().rstrip("=")
    return {"items": [as_json(item) for item in shown], "next_cursor": next_cursor}


def answer_errors(app: FastAPI) -> None:
    """Every refusal of every route leaves in the one form of the contract, and none repeats what was sent."""
    app.add_exception_handler(VoxhallError, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    # Starlette raises it again after the answer; the outermost door logs it.
    app.add_exception_handler(Exception, _on_failure)


async def _on_refusal(_request: Request, error: Exception) -> JSONResponse:
    return error_response(cast(VoxhallError, error))


async def _on_invalid(_request: Request, error: Exception) -> JSONResponse:
    problems = cast(RequestValidationError, error).errors()[:MAX_DETAILS]
    return error_response(InvalidError(details=[_problem(problem) for problem in problems]))


def _problem(problem: Any) -> JsonObject:
    # The location may hold a key that the client made up: only the names of our own fields are repeated.
    place = [part for part in problem["loc"][1:] if isinstance(part, int) or len(part) <= 40]
    if problem["type"] == "extra_forbidden":
        return {"field": ".".join(map(str, place[:-1])), "message": "There is a field that does not exist."}
    if problem["type"] in {"json_invalid", "model_attributes_type"}:
        return {"field": "", "message": "The body must be a JSON object, sent as application/json."}
    message = problem["msg"] if problem["type"] != "value_error" else problem["msg"].removeprefix("Value error, ")
    return {"field": ".".join(map(str, place)), "message": message}


async def _on_failure(_request: Request, _error: Exception) -> JSONResponse:
    return error_response(VoxhallError())


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    error = cast(HTTPException, error)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers = {"allow": ", ".join(sorted(_methods_of(request)))}
    kinds: dict[int, type[VoxhallError]] = {
        401: UnauthorizedError,
        404: NotFoundError,
        405: MethodNotAllowedError,
    }
    kind = kinds.get(error.status_code, BadRequestError if error.status_code < 500 else VoxhallError)
    return error_response(kind(headers=headers))


def _methods_of(request: Request) -> set[str]:
    """All that this address takes: a router that finds no route only names those of the first one that fits."""
    tried = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    scope = {**request.scope, "path_params": {}}
    found = {
        method
        for method in tried
        for route in request.app.router.routes
        if route.matches({**scope, "method": method})[0] is Match.FULL
    }
    return found | {"HEAD"} if "GET" in found else found
