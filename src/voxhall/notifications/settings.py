"""How one wants to be told: routes."""

from datetime import time
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from voxhall.accounts.identity import ActorDep
from voxhall.accounts.model import Scope
from voxhall.kit.web import KitDep
from voxhall.notifications import actions
from voxhall.notifications.model import Level, NewsKind, QuietHours, Wishes

router = APIRouter()

Reading = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]


class QuietBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    begin: Reading
    end: Reading
    time_zone: Annotated[str, Field(max_length=40, examples=["Europe/Berlin"])]


class WaysBody(BaseModel):
    """By which ways one kind of news comes."""

    model_config = ConfigDict(extra="forbid")

    app: bool
    push: bool
    mail: bool | None = Field(None, description="To the confirmed address, where mail is sent; null: as it is.")


class WishesBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    level: Level = Field(description="Of people one follows: all, only when they host, nothing.")
    kinds: dict[NewsKind, WaysBody] = Field(description="A kind that is left out stays as it is.")
    quiet: QuietBody | None = Field(description="No pushes then but one's own reminders and what is for one alone.")
    pushes_a_day: int = Field(
        description="At most so many, and as many letters; reminders and what is for one alone come besides."
    )


class LevelBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    level: Level | None = Field(description="Null: as of everybody else.")


@router.get("/api/v1/me/notifications/settings")
async def wishes(kit: KitDep, actor: ActorDep) -> WishesBody:
    return _as_body(await actions.wishes_of(kit, actor.require_user(Scope.READ)))


@router.put("/api/v1/me/notifications/settings")
async def save(kit: KitDep, actor: ActorDep, body: WishesBody) -> WishesBody:
    user = actor.require_user(Scope.ACCOUNT)
    before = await actions.wishes_of(kit, user)
    quiet = None
    if body.quiet is not None:
        begin, end = time.fromisoformat(body.quiet.begin), time.fromisoformat(body.quiet.end)
        quiet = QuietHours(begin, end, actions.check_time_zone(body.quiet.time_zone))
    after = Wishes(
        body.level,
        _with(before.app, {kind: ways.app for kind, ways in body.kinds.items()}),
        _with(before.push, {kind: ways.push for kind, ways in body.kinds.items()}),
        _with(before.mail, {kind: ways.mail for kind, ways in body.kinds.items() if ways.mail is not None}),
        quiet,
        body.pushes_a_day,
    )
    await actions.save_wishes(kit, user, after)
    return _as_body(after)


@router.get("/api/v1/users/{handle}/notifications")
async def level(kit: KitDep, actor: ActorDep, handle: str) -> LevelBody:
    """How much one hears of this person."""
    return LevelBody(level=await actions.level_of(kit, actor.require_user(Scope.READ), handle))


@router.put("/api/v1/users/{handle}/notifications", status_code=204)
async def save_level(kit: KitDep, actor: ActorDep, handle: str, body: LevelBody) -> None:
    await actions.save_level(kit, actor.require_user(Scope.ACCOUNT), handle, body.level)


def _as_body(wishes: Wishes) -> WishesBody:
    quiet = wishes.quiet
    return WishesBody(
        level=wishes.level,
        kinds={
            kind: WaysBody(app=kind in wishes.app, push=kind in wishes.push, mail=kind in wishes.mail)
            for kind in NewsKind
        },
        quiet=QuietBody(begin=f"{quiet.begin:%H:%M}", end=f"{quiet.end:%H:%M}", time_zone=quiet.time_zone)
        if quiet
        else None,
        pushes_a_day=wishes.pushes_a_day,
    )


def _with(before: frozenset[NewsKind], wanted: dict[NewsKind, bool]) -> frozenset[NewsKind]:
    on = {kind for kind, is_on in wanted.items() if is_on}
    return frozenset((before | on) - (wanted.keys() - on))
