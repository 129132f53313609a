"""Filling one's Tip Jar, and showing it."""

from collections.abc import Collection, Mapping, Sequence

from voxhall.accounts.admission import actions as admission
from voxhall.accounts.admission.model import OperatorSettings, may_have_tip_jar
from voxhall.accounts.model import User
from voxhall.kit import Kit
from voxhall.kit.db import Transaction
from voxhall.tips import store
from voxhall.tips.model import Tip, TipJar, TipJarChanged, TipJarClosedError, changed, check_tips
from voxhall.tips.services import BUILT_IN, EXTRAS, SERVICES, Service
from voxhall.tips.store import Connection


async def save_jar(kit: Kit, tx: Transaction, user: User, tips: Sequence[tuple[str, str]]) -> TipJar:
    """In the transaction of whatever else of the profile is saved. A change of an address is logged and told."""
    settings = await admission.settings_in(tx)
    if tips and not may_have_tip_jar(user, settings):
        raise TipJarClosedError
    before = (await store.jars_of(tx, [user.id])).get(user.id, TipJar())
    after = changed(before, check_tips(tips, _ids_on(settings)), kit.clock.now())
    if after == before:
        return before
    await store.save(tx, user.id, after)
    if set(after.tips) != set(before.tips):
        old, new = ([tip.url for tip in jar.tips] for jar in (before, after))
        await admission.note(kit, tx, user.id, "tip_jar_changed", {"before": [*old], "after": [*new]})
        tx.publish(TipJarChanged(user.id, after))
    return after


async def jars_shown(conn: Connection, users: Collection[User]) -> Mapping[str, TipJar]:
    """By account; of those whom the operator has opened it to, with the services that are switched on."""
    settings = await admission.settings_in(conn)
    allowed = {user.id for user in users if may_have_tip_jar(user, settings)}
    services = _ids_on(settings)
    jars = await store.jars_of(conn, allowed)
    return {
        user_id: TipJar(tuple(tip for tip in jar.tips if tip.service in services), jar.changed_at)
        for user_id, jar in jars.items()
    }


def title_of(tip: Tip) -> str:
    return SERVICES[tip.service].title


async def services_on(kit: Kit) -> list[Service]:
    on = _ids_on(await admission.current_settings(kit))
    return [service for service in SERVICES.values() if service.id in on]


async def may_fill(kit: Kit, user: User) -> bool:
    return may_have_tip_jar(user, await admission.current_settings(kit))


def _ids_on(settings: OperatorSettings) -> frozenset[str]:
    return BUILT_IN | (EXTRAS & set(settings.tip_services))
