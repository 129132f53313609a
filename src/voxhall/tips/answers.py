"""How a Tip Jar looks in JSON, wherever it is shown."""

from datetime import datetime

from pydantic import BaseModel, Field

from voxhall.errors import JsonObject
from voxhall.kit.clock import to_wire
from voxhall.tips.model import TipJar
from voxhall.tips.services import SERVICES


class TipAnswer(BaseModel):
    service: str
    title: str
    name: str
    url: str = Field(description="Always https and always at the service's own host.")


def jar_as_json(jar: TipJar | None) -> list[JsonObject]:
    return [
        {"service": tip.service, "title": SERVICES[tip.service].title, "name": tip.name, "url": tip.url}
        for tip in (jar.tips if jar is not None else ())
    ]


def recently_changed_as_json(jar: TipJar | None, at: datetime) -> str | None:
    """When an address in it came or became another one, if that is so short a time ago that a giver should know."""
    is_recent = jar is not None and jar.is_recently_changed(at)
    return to_wire(jar.changed_at) if is_recent and jar is not None and jar.changed_at is not None else None
