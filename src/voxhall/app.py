"""The composition root, the only file that knows every feature: opens the control plane, and closes it backwards."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path

import structlog
from fastapi import FastAPI

from voxhall import __version__
from voxhall.accounts import actions as accounts_actions
from voxhall.accounts import admin_jobs
from voxhall.accounts import api as accounts_api
from voxhall.accounts import operator as accounts_operator
from voxhall.accounts.actions import Accounts
from voxhall.accounts.admission import api as admission_api
from voxhall.accounts.attempts import Attempts
from voxhall.accounts.devices import api as devices_api
from voxhall.accounts.follows import api as follows_api
from voxhall.accounts.follows.csv_file import MAX_BYTES
from voxhall.accounts.identity import COOKIES
from voxhall.accounts.invites import api as invites_api
from voxhall.accounts.openid import api as openid_api
from voxhall.accounts.openid.providers import Providers
from voxhall.accounts.passkeys import api as passkeys_api
from voxhall.accounts.passwords import Passwords
from voxhall.accounts.pictures import api as pictures_api
from voxhall.accounts.pictures.drawing import MAX_UPLOAD_BYTES
from voxhall.accounts.recovery import api as recovery_api
from voxhall.accounts.reports import api as reports_api
from voxhall.config import Settings
from voxhall.discovery import api as discovery_api
from voxhall.doctor import api as doctor_api
from voxhall.doctor import questions as doctor_questions
from voxhall.doctor.visitors import Visitors
from voxhall.errors import JsonObject, NotFoundError
from voxhall.kit import Kit, health, reference
from voxhall.kit.backup.actions import export_into, forget_exports, keep_before_upgrade
from voxhall.kit.backup.swap import finish_swap
from voxhall.kit.beat import beat
from voxhall.kit.clock import Clock
from voxhall.kit.db import Database, database_url
from voxhall.kit.doors import Answers, App, Bodies, SameOrigin
from voxhall.kit.events import Events
from voxhall.kit.ids import Ids
from voxhall.kit.jobs import operator as jobs_operator
from voxhall.kit.jobs.desk import open_desk
from voxhall.kit.jobs.queue import Kind
from voxhall.kit.link import Link, LinkHandler
from voxhall.kit.link_ends import LinkServer
from voxhall.kit.lockfile import lock_file
from voxhall.kit.migrate import migrate
from voxhall.kit.pages import Pages
from voxhall.kit.web import REFUSALS, answer_errors
from voxhall.live import api as live_api
from voxhall.live import open_live
from voxhall.live import operator as live_operator
from voxhall.live.figures import LOOK_EVERY_S, Figures
from voxhall.live.media_http import AnyOrigin
from voxhall.live.service import Live
from voxhall.live.whep import ShortWay
from voxhall.notifications import api as notifications_api
from voxhall.notifications.fan_out import kind_of_job
from voxhall.notifications.service import Notifications, open_notifications, push_key
from voxhall.publishing.brand import api as brand_api
from voxhall.publishing.brand.model import tags
from voxhall.publishing.feeds import api as feeds_api
from voxhall.publishing.leaving import api as leaving_api
from voxhall.publishing.previews import api as previews_api
from voxhall.recordings import api as recordings_api
from voxhall.recordings.afterwards import open_afterwards
from voxhall.recordings.downloads import api as downloads_api
from voxhall.recordings.downloads.jobs import DOWNLOADS
from voxhall.recordings.keeping import keep_recordings
from voxhall.recordings.transcript import api as transcript_api
from voxhall.recordings.transcript.jobs import TRANSCRIBE
from voxhall.spaces import api as spaces_api
from voxhall.spaces import operator as spaces_operator
from voxhall.spaces.series import api as series_api
from voxhall.tips import api as tips_api

log = structlog.get_logger()

STATIC = Path(__file__).parent / "static"
# `voxhall admin` may have the database open for a moment just when the server starts.
LOCK_WAIT_S = 3.0
# Besides these, nothing that people send is larger than a long bio.
LARGER_BODIES = {"/api/v1/me/picture": MAX_UPLOAD_BYTES, "/api/v1/me/follows/import": MAX_BYTES}
# What the workers may be asked to do; cli/worker.py has the other half.
KINDS: tuple[Kind, ...] = (TRANSCRIBE, DOWNLOADS)


@dataclass(frozen=True)
class Control:
    """An open control plane."""

    kit: Kit
    accounts: Accounts
    app: App
    figures: Figures
    live: Live
    notifications: Notifications

    async def welcome_link(self) -> str | None:
        """The address that makes its first opener the administrator; None once there is one."""
        claim = await accounts_actions.new_claim(self.kit)
        return f"{self.kit.settings.address}/welcome#{claim}" if claim else None


@asynccontextmanager
async def open_control(
    settings: Settings, clock: Clock | None = None, ids: Ids | None = None
) -> AsyncIterator[Control]:
    """Everything between the settings and an application that can be served. SettingsError if one cannot be used."""
    brand = brand_api.open_brand(settings)
    async with AsyncExitStack() as stack:
        kit, accounts = await stack.enter_async_context(open_accounts(settings, clock, ids, wait_s=LOCK_WAIT_S))
        recordings = await stack.enter_async_context(keep_recordings(kit))
        live = await stack.enter_async_context(open_live(kit))
        kit.link.accept("admin", lambda _link: _Operator(kit, accounts, live))
        key = await push_key(kit)
        await stack.enter_async_context(open_desk(kit, (*KINDS, kind_of_job(key))))
        notifications = await stack.enter_async_context(open_notifications(kit, key))
        await stack.enter_async_context(open_afterwards(kit))

        api = FastAPI(
            title="Voxhall",
            version=__version__,
            openapi_url="/api/v1/openapi.json",
            docs_url=None,
            redoc_url=None,
            responses=REFUSALS,
        )
        api.state.kit, api.state.accounts, api.state.live, api.state.recordings = kit, accounts, live, recordings
        api.state.notifications, api.state.visitors = notifications, Visitors(live)
        answer_errors(api)
        # Each is asked in this order for every request, and that takes time: the doors of the sound come first.
        for router in (
            live_api.router,
            accounts_api.router,
            devices_api.router,
            pictures_api.router,
            passkeys_api.router,
            openid_api.router,
            recovery_api.router,
            reports_api.router,
            admin_jobs.router,
            follows_api.router,
            admission_api.router,
            invites_api.router,
            tips_api.router,
            discovery_api.router,
            spaces_api.router,
            series_api.router,
            notifications_api.router,
            feeds_api.router,
            transcript_api.router,
            downloads_api.router,
            recordings_api.router,
            leaving_api.router,
            doctor_api.router,
        ):
            api.include_router(router)
        api.include_router(health.router(lambda: live.media_ready))
        api.include_router(reference.router)
        if settings.tls == "self":
            from voxhall.kit.tls import trust
            from voxhall.kit.tls.authority import Authority

            api.include_router(trust.router(Authority(settings.authority_folder)))
        pages = Pages(STATIC, escape(brand.name), tags(brand), brand.version)
        api.include_router(previews_api.router(pages, brand))
        api.include_router(brand_api.router(brand))
        api.router.default = pages

        # Who trusts our own authority may stop to; browsers must not be told to insist.
        is_https = settings.address.startswith("https://") and settings.tls != "self"
        bodies = Bodies(ShortWay(api, live), LARGER_BODIES)
        doors = AnyOrigin(Answers(SameOrigin(bodies, COOKIES, settings.public_url), kit.ids, is_https=is_https))
        await kit.link.start()
        stack.push_async_callback(kit.link.close)
        figures = Figures(live)
        await stack.enter_async_context(beat(figures.look, LOOK_EVERY_S, "figures"))
        yield Control(kit, accounts, doors, figures, live, notifications)


@asynccontextmanager
async def open_accounts(
    settings: Settings, clock: Clock | None = None, ids: Ids | None = None, *, wait_s: float = 0.0
) -> AsyncIterator[tuple[Kit, Accounts]]:
    """The database, brought up to date, and the accounts in it: all that `voxhall admin` needs when no server runs.

    LockedError if another process has the database open, and still has after `wait_s`.
    """
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.run_folder.mkdir(mode=0o700, exist_ok=True)
    async with lock_file(settings.control_lock, wait_s):
        events = Events()
        db = Database(database_url(settings), events)
        clock = clock or Clock()
        accounts = Accounts(Passwords(), Attempts(settings), Providers(settings, clock))
        try:
            if finish_swap(settings.data):
                log.warning("restore_finished")
            forget_exports(settings.run_folder)
            await db.ping()
            if kept := await keep_before_upgrade(db, settings.data, settings.run_folder, clock.now()):
                log.info("database_kept_before_upgrade", archive=str(kept))
            await migrate(db)
            link = LinkServer(settings.link_socket)
            yield Kit(settings, db, clock, ids or Ids(), events, link), accounts
        finally:
            await events.close()
            await accounts.outbox.settled()
            await accounts.providers.close()
            accounts.passwords.close()
            await db.close()


async def perform(kit: Kit, accounts: Accounts, name: str, args: JsonObject) -> JsonObject:
    """What an operator's command asks for: of a running server over its link or, when none runs, of the files."""
    if name == "export_database":
        folder, database = await export_into(kit.db, kit.settings.run_folder)
        return {"folder": str(folder.resolve()), "database": database.model_dump()}
    answer = await accounts_operator.perform(kit, accounts, name, args)
    if answer is None:
        answer = await spaces_operator.perform(kit, name, args)
    if answer is None:
        answer = await jobs_operator.perform(kit, name, args)
    if answer is None:
        raise NotFoundError("This server does not know that command; is it an older version?")
    return answer


class _Operator(LinkHandler):
    """What a command asks of a running server: some of it only a running server knows."""

    def __init__(self, kit: Kit, accounts: Accounts, live: Live) -> None:
        self._kit, self._accounts, self._live = kit, accounts, live

    async def call(self, link: Link, name: str, args: JsonObject) -> JsonObject:
        del link
        if name == "status":
            return live_operator.status(self._live)
        if (answer := await doctor_questions.answer(self._live, name, args)) is not None:
            return answer
        return await perform(self._kit, self._accounts, name, args)
