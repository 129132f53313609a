"""What may stand in a Tip Jar. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from voxhall.errors import ForbiddenError, InvalidError
from voxhall.tips.services import SERVICES

# One name for each service is enough to be paid by anybody.
MAX_TIPS = len(SERVICES)
# A name that changes shortly before its owner speaks is what a thief would do with a stolen account: for this long it
# is said to whoever wants to give. Shorter, and a patient thief waits; longer, and people stop reading it.
RECENT = timedelta(hours=24)


class TipJarClosedError(ForbiddenError):
    code = "tip_jar_closed"
    message = "Tip Jars are not open to your account yet."


@dataclass(frozen=True, slots=True)
class Tip:
    """One line of somebody's Tip Jar."""

    service: str
    name: str

    @property
    def url(self) -> str:
        return SERVICES[self.service].url(self.name)


@dataclass(frozen=True, slots=True)
class TipJar:
    """In the owner's order. `changed_at`: when an address last came or became another one; order alone changes none."""

    tips: tuple[Tip, ...] = ()
    changed_at: datetime | None = None

    def is_recently_changed(self, at: datetime) -> bool:
        return bool(self.tips) and self.changed_at is not None and at - self.changed_at < RECENT


@dataclass(frozen=True, slots=True)
class TipJarChanged:
    """Published after the commit when an address came, went or became another one."""

    user_id: str
    jar: TipJar


def check_tips(tips: Sequence[tuple[str, str]], services: Collection[str]) -> tuple[Tip, ...]:
    """`services`: those that are switched on. Prefixes that people copy along, `$` and `@`, are taken off."""
    if len(tips) > MAX_TIPS:
        raise InvalidError.of("tip_jar", f"At most {MAX_TIPS} services.")
    checked = tuple(_check(number, service, name, services) for number, (service, name) in enumerate(tips))
    if len({tip.service for tip in checked}) < len(checked):
        raise InvalidError.of("tip_jar", "Each service once.")
    return checked


def _check(number: int, service_id: str, name: str, services: Collection[str]) -> Tip:
    service = SERVICES.get(service_id)
    if service is None or service_id not in services:
        raise InvalidError.of(f"tip_jar.{number}.service", "This server does not know that service.")
    name = name.strip()
    if service.prefix:
        name = name.removeprefix(service.prefix)
    if not service.pattern.fullmatch(name):
        raise InvalidError.of(f"tip_jar.{number}.name", f"{service.title}: {service.rule}")
    if name.lower() in service.reserved:
        raise InvalidError.of(f"tip_jar.{number}.name", f"That is a page of {service.title} and nobody's name.")
    return Tip(service_id, name)


def changed(before: TipJar, tips: tuple[Tip, ...], at: datetime) -> TipJar:
    """Another order, and fewer addresses, mislead nobody."""
    return TipJar(tips, before.changed_at if set(tips) <= set(before.tips) else at)
