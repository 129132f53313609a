"""What `voxhall admin` asks for, over the internal link of a running server or, when none runs, by itself."""

from voxhall.accounts import actions
from voxhall.accounts.actions import Accounts, NewUser
from voxhall.accounts.model import ALL_SCOPES, Scope, User
from voxhall.errors import InvalidError, JsonObject, JsonValue, NotFoundError
from voxhall.kit import Kit
from voxhall.kit.clock import to_wire
from voxhall.kit.jobs import queue
from voxhall.kit.jobs.desk import job_as_json
from voxhall.kit.jobs.model import JobState

# A screen of a terminal and some; whoever needs more asks the API, which has pages.
MOST_JOBS = 200


async def perform(kit: Kit, accounts: Accounts, name: str, args: JsonObject) -> JsonObject:
    match name, args:
        case "create_user", {"handle": str(handle), "password": (str() | None) as password, "admin": bool(admin)}:
            new = NewUser(handle, handle, password)
            return _account(await actions.create_user(kit, accounts, new, is_administrator=admin))
        case "create_token", {"handle": str(handle), "scopes": list(names)}:
            user = await actions.user_by_handle(kit, handle)
            scopes = _scopes([str(scope) for scope in names], user)
            _, secret = await actions.create_token(kit, user, name="from the command line", scopes=scopes)
            return {"token": secret}
        case "jobs", {"states": list(names)}:
            found = await queue.list_jobs(kit, _states(names), after=None, limit=MOST_JOBS)
            return {"items": [job_as_json(job) for job in found]}
        case "retry_job", {"id": str(job_id)}:
            async with kit.db.write() as tx:
                return job_as_json(await queue.retry(kit, tx, job_id))
    raise NotFoundError("This server does not know that command; is it an older version?")


def _scopes(names: list[str], user: User) -> frozenset[Scope]:
    """What was named; without a name, everything the account may do: the operator could take it anyway."""
    if not names:
        return ALL_SCOPES if user.is_administrator else ALL_SCOPES - {Scope.ADMIN}
    if not set(names) <= {scope.value for scope in Scope}:
        raise InvalidError(f"The scopes are {', '.join(scope.value for scope in Scope)}.")
    return frozenset(Scope(name) for name in names)


def _states(names: list[JsonValue]) -> list[JobState]:
    try:
        return [JobState(str(name)) for name in names]
    except ValueError:
        raise InvalidError(f"The states are {', '.join(JobState)}.") from None


def _account(user: User) -> JsonObject:
    return {
        "id": user.id,
        "handle": user.handle,
        "display_name": user.display_name,
        "is_administrator": user.is_administrator,
        "created_at": to_wire(user.created_at),
    }
