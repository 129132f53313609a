"""What an account takes along, what becomes of it, and its end."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from voxhall.accounts import actions as people
from voxhall.accounts.actions import Accounts
from voxhall.accounts.answers import account_as_json
from voxhall.accounts.follows import actions as follows
from voxhall.accounts.follows.actions import Side
from voxhall.accounts.identity import Actor
from voxhall.accounts.model import User
from voxhall.accounts.openid import actions as openid
from voxhall.accounts.pictures import actions as pictures
from voxhall.accounts.recovery import actions as recovery
from voxhall.errors import ConflictError, InvalidError, JsonObject, JsonValue
from voxhall.kit import Kit
from voxhall.kit.clock import to_wire
from voxhall.publishing.leaving.archive import Entry, as_json, as_mastodon_csv
from voxhall.recordings import actions as recordings_actions
from voxhall.recordings.actions import NoRecordingError, Recordings
from voxhall.recordings.transcript import actions as transcript
from voxhall.recordings.transcript.actions import TranscriptNotFoundError
from voxhall.recordings.transcript.formats import FORMATS
from voxhall.spaces import actions as spaces
from voxhall.spaces.model import Space, SpaceState
from voxhall.spaces.model.commands import Cancel, End
from voxhall.spaces.model.wire import space_as_json
from voxhall.spaces.series import actions as series

# Of lists: more than anybody follows, and a page at a time.
PAGE = 500


class AdministratorStaysError(ConflictError):
    code = "administrator_stays"
    message = "An administrator cannot leave: the server would have none."


@dataclass(frozen=True, slots=True)
class Standing:
    """What ends with the account, to be said before."""

    live: int
    planned: int
    replays: int


async def standing_of(kit: Kit, actor: Actor, user: User) -> Standing:
    hosted = await _hosted(kit, actor, user)
    return Standing(
        sum(space.state is SpaceState.LIVE for space in hosted),
        sum(space.state is SpaceState.SCHEDULED for space in hosted),
        sum(space.replay_ms is not None for space in hosted),
    )


async def everything(recordings: Recordings, actor: Actor, user: User) -> list[Entry]:
    kit = recordings.kit
    host = (urlsplit(kit.settings.address).hostname or "").lower()
    hosted = await _hosted(kit, actor, user)
    hosts = await spaces.hosts_of(kit, hosted)
    mail = await recovery.mail_of(kit, user.id)
    identities = await openid.identities_of(kit, user)
    names: list[JsonValue] = [{"issuer": one.issuer, "called": one.called} for one in identities]
    account: JsonObject = {**account_as_json(user), "mail": mail, "identities": names}
    told: list[JsonValue] = [space_as_json(space, hosts[space.id], kit.settings.address) for space in hosted]
    entries = [
        Entry("account.json", as_json(account)),
        Entry("spaces.json", as_json(told)),
        Entry("following_accounts.csv", as_mastodon_csv(await _handles(kit, user, Side.FOLLOWING, host))),
        Entry("followers.csv", as_mastodon_csv(await _handles(kit, user, Side.FOLLOWERS, host))),
        Entry("blocked_accounts.csv", as_mastodon_csv(await _handles(kit, user, Side.BLOCKED, host))),
        Entry("muted_accounts.csv", as_mastodon_csv(await _handles(kit, user, Side.MUTED, host))),
    ]
    if user.picture is not None:
        entries.append(Entry("picture.webp", await pictures.read(kit, user.picture)))
    for space in hosted:
        entries += await _recording_of(recordings, actor, space)
    return entries


async def leave(
    recordings: Recordings, accounts: Accounts, actor: Actor, user: User, handle: str, password: str, *, address: str
) -> None:
    """First what it hosts, then the account: whoever is interrupted in between says it again."""
    kit = recordings.kit
    if handle.strip().removeprefix("@").lower() != user.handle:
        raise InvalidError.of("handle", "Type the handle of this account.")
    await people.require_password(kit, accounts, user, password, address=address)
    if user.is_administrator:
        raise AdministratorStaysError
    await series.end_all_of(kit, user.id)
    for space in await _hosted(kit, actor, user):
        if space.state is SpaceState.LIVE:
            await spaces.carry_out(kit, actor, space.id, End())
        elif space.state is SpaceState.SCHEDULED:
            await spaces.carry_out(kit, actor, space.id, Cancel())
        if space.state in {SpaceState.LIVE, SpaceState.ENDED}:
            await _delete_recording(recordings, actor, space)
    async with kit.db.write() as tx:
        await spaces.show_picture(tx, user.id, None)
        await people.delete(tx, user)


async def _hosted(kit: Kit, actor: Actor, user: User) -> list[Space]:
    found: list[Space] = []
    while True:
        after = (found[-1].created_at, found[-1].id) if found else None
        page = await spaces.list_spaces(kit, actor, None, after, PAGE, host=user.handle)
        found += page
        if len(page) < PAGE:
            return found


async def _handles(kit: Kit, user: User, side: Side, host: str) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        page = await follows.listed(kit, user.id, side, after, PAGE)
        found += [f"{one.user.handle}@{host}" for one in page]
        if len(page) < PAGE:
            return found
        after = (page[-1].since, page[-1].user.id)


async def _recording_of(recordings: Recordings, actor: Actor, space: Space) -> list[Entry]:
    try:
        _, found = await recordings_actions.find(recordings, actor, space.id)
    except NoRecordingError:
        return []
    with recordings.library.open(space.id, is_complete=found.is_finished) as tape:
        entries = [Entry(f"recordings/{space.id}/audio.ogg", source=tape.mix_stream())]
    try:
        said = await transcript.read(recordings.kit, space)
    except TranscriptNotFoundError:
        return entries
    forms = ("vtt", "json")
    entries += [Entry(f"recordings/{space.id}/transcript.{name}", FORMATS[name].write(said)) for name in forms]
    day = to_wire(space.started_at or space.created_at)
    return [*entries, Entry(f"recordings/{space.id}/about.json", as_json({"title": space.title, "at": day}))]


async def _delete_recording(recordings: Recordings, actor: Actor, space: Space) -> None:
    try:
        await recordings_actions.delete(recordings, actor, space.id)
    except NoRecordingError:
        return
