"""The shape of a series, as routes answer it."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field

from voxhall.errors import JsonObject
from voxhall.kit.clock import to_wire
from voxhall.spaces.answers import HostAnswer, SpaceAnswer
from voxhall.spaces.model import Person, Space, SpaceId
from voxhall.spaces.model.wire import person_as_json, space_as_json
from voxhall.spaces.series.model import Series


class SeriesAnswer(BaseModel):
    id: str
    title: str
    host: HostAnswer
    rule: str = Field(description="An RRULE of RFC 5545.")
    time_zone: str = Field(description="In which the rule counts.")
    start: str = Field(description="Of its first space.")
    is_over: bool = Field(description="Whether no more are planned than those that stand there.")
    calendar: str
    items: list[SpaceAnswer] = Field(description="Live and to come, the next first.")


def series_as_json(
    series: Series, spaces: Sequence[Space], host: Person, hosts: Mapping[SpaceId, Person], address: str
) -> JsonObject:
    return {
        "id": series.id,
        "title": series.title,
        "host": person_as_json(host),
        "rule": series.rule,
        "time_zone": series.time_zone,
        "start": to_wire(series.start),
        "is_over": series.is_over,
        "calendar": f"{address}/api/v1/series/{series.id}/calendar.ics",
        "items": [space_as_json(space, hosts[space.id], address) for space in spaces],
    }
