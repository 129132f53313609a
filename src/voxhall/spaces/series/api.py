"""The routes of a series. What changes one is among the routes of its spaces, with a `scope`."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from voxhall.accounts.identity import ActorDep
from voxhall.errors import JsonObject
from voxhall.kit.web import KitDep
from voxhall.spaces.actions import NOBODY, hosts_of
from voxhall.spaces.model import SeriesId
from voxhall.spaces.series import actions
from voxhall.spaces.series.answers import SeriesAnswer, series_as_json

router = APIRouter(prefix="/api/v1/series", tags=["spaces"])

SeriesIdPath = Annotated[str, Path(max_length=64)]
TimeZone = Annotated[str, Field(max_length=40, examples=["Europe/Berlin"])]
Rule = Annotated[str, Field(max_length=1_000, examples=["FREQ=WEEKLY;INTERVAL=2;COUNT=10"])]


class RepeatsBody(BaseModel):
    """An RRULE of RFC 5545, without times of its own: the clock of that zone shows the same at each."""

    model_config = ConfigDict(extra="forbid")

    rule: Rule
    time_zone: TimeZone

    def as_asked(self) -> actions.Repeats:
        return actions.Repeats(self.rule, self.time_zone)


class NewRepeatsBody(BaseModel):
    """Without a rule the one there is goes on, in that zone."""

    model_config = ConfigDict(extra="forbid")

    rule: Rule | None = None
    time_zone: TimeZone

    def as_asked(self) -> actions.Repeats:
        return actions.Repeats(self.rule, self.time_zone)


@router.get("/{series_id}", response_model=SeriesAnswer)
async def one(kit: KitDep, actor: ActorDep, series_id: SeriesIdPath) -> JsonObject:
    """For whoever may know of its spaces."""
    series, spaces = await actions.look(kit, actor, SeriesId(series_id))
    hosts = await hosts_of(kit, spaces)
    host = next(iter(hosts.values()), NOBODY)
    return series_as_json(series, spaces, host, hosts, kit.settings.address)


@router.put("/{series_id}/reminder", status_code=204)
async def remind(kit: KitDep, actor: ActorDep, series_id: SeriesIdPath) -> None:
    """Of each of its spaces, as if one had asked for it there."""
    await actions.remind(kit, actor, SeriesId(series_id), is_set=True)


@router.delete("/{series_id}/reminder", status_code=204)
async def do_not_remind(kit: KitDep, actor: ActorDep, series_id: SeriesIdPath) -> None:
    await actions.remind(kit, actor, SeriesId(series_id), is_set=False)
