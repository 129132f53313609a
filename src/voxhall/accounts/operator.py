"""What `voxhall admin` asks about people and switches, over the internal link of a running server or, when none runs,
by itself.
"""

from pydantic import ValidationError

from voxhall.accounts import actions, store
from voxhall.accounts.actions import Accounts, NewUser
from voxhall.accounts.admission import actions as admission
from voxhall.accounts.admission.answers import SettingsBody, entries_as_json, settings_answer
from voxhall.accounts.invites import actions as invites
from voxhall.accounts.model import ALL_SCOPES, Scope, User
from voxhall.errors import ConflictError, InvalidError, JsonObject, JsonValue
from voxhall.kit import Kit
from voxhall.kit.clock import to_wire

# A screen of a terminal and some; whoever needs more asks the API, which has pages.
MOST = 200


async def perform(kit: Kit, accounts: Accounts, name: str, args: JsonObject) -> JsonObject | None:
    """None: not a command of this feature."""
    match name, args:
        case "create_user", {"handle": str(handle), "password": (str() | None) as password, "admin": bool(admin)}:
            new = NewUser(handle, handle, password)
            return _account(await actions.create_user(kit, accounts, new, is_administrator=admin))
        case "users", {"administrators": bool(administrators_only)}:
            async with kit.db.read() as conn:
                found = await store.newest_users(conn, MOST, administrators_only=administrators_only)
            return {"items": [_account(user) for user in found]}
        case "set_administrator", {"handle": str(handle), "is_administrator": bool(is_one)}:
            return _account(await _set_administrator(kit, handle, is_one=is_one))
        case "suspend", {"handle": str(handle), "is_suspended": bool(is_suspended)}:
            return {"handles": [*await invites.suspend_branch(kit, None, handle, is_suspended=is_suspended)]}
        case "settings", _:
            return await _settings(kit, {})
        case "set", {"changes": dict(changes)}:
            return await _settings(kit, changes)
        case "audit", _:
            entries = await admission.audit_log(kit, None, MOST)
            return {"items": [*(await entries_as_json(kit, entries)).values()]}
    return await _perform_on_tokens(kit, name, args)


async def _perform_on_tokens(kit: Kit, name: str, args: JsonObject) -> JsonObject | None:
    match name, args:
        case "create_token", {"handle": str(handle), "scopes": list(names)}:
            user = await actions.user_by_handle(kit, handle)
            scopes = _scopes([str(scope) for scope in names], user)
            _, secret = await actions.create_token(kit, user, name="from the command line", scopes=scopes)
            return {"token": secret}
        case "tokens", {"handle": str(handle)}:
            user = await actions.user_by_handle(kit, handle)
            tokens = await actions.tokens_of(kit, user.id, None, MOST)
            return {"items": [{"id": one.id, "name": one.name, "scopes": [*sorted(one.scopes)]} for one in tokens]}
        case "revoke_token", {"handle": str(handle), "id": str(token_id)}:
            user = await actions.user_by_handle(kit, handle)
            await actions.revoke_token(kit, user.id, token_id)
            return {}
    return None


async def _set_administrator(kit: Kit, handle: str, *, is_one: bool) -> User:
    user = await actions.user_by_handle(kit, handle)
    async with kit.db.write() as tx:
        await tx.lock("administrator")
        if not is_one and user.is_administrator and await store.administrator_count(tx) == 1:
            raise ConflictError("This is the only administrator; make another one first.")
        await store.make_administrator(tx, user.id, is_one=is_one)
        action = "administrator_made" if is_one else "administrator_unmade"
        await admission.note(kit, tx, None, action, {"handle": user.handle})
    return await actions.user_by_handle(kit, handle)


async def _settings(kit: Kit, changes: JsonObject) -> JsonObject:
    """All of them, after the change."""
    try:
        wanted = SettingsBody.model_validate(changes).wanted()
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise InvalidError.of(".".join(map(str, problem["loc"])), f"{problem['msg']}.") from None
    settings = await admission.change_settings(kit, None, wanted) if wanted else await admission.current_settings(kit)
    answer: JsonObject = (await settings_answer(kit, settings)).model_dump(mode="json")
    return answer


def _scopes(names: list[str], user: User) -> frozenset[Scope]:
    """What was named; without a name, everything the account may do: the operator could take it anyway."""
    if not names:
        return ALL_SCOPES if user.is_administrator else ALL_SCOPES - {Scope.ADMIN}
    if not set(names) <= {scope.value for scope in Scope}:
        raise InvalidError(f"The scopes are {', '.join(scope.value for scope in Scope)}.")
    return frozenset(Scope(name) for name in names)


def _account(user: User) -> dict[str, JsonValue]:
    return {
        "id": user.id,
        "handle": user.handle,
        "display_name": user.display_name,
        "is_administrator": user.is_administrator,
        "is_suspended": user.is_suspended,
        "created_at": to_wire(user.created_at),
    }
