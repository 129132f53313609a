"""Reporting somebody, going through the reports, and deciding who is shown."""

from collections.abc import Sequence
from datetime import datetime

from voxhall.accounts import store as people
from voxhall.accounts.admission import actions as admission
from voxhall.accounts.follows.model import YourselfError
from voxhall.accounts.model import Promotion, User, UserId
from voxhall.accounts.reports import store
from voxhall.accounts.reports.model import MAX_NOTE_CHARS, MAX_OPEN_BY_ONE, Report, ReportReason, TooManyReportsError
from voxhall.errors import NotFoundError, UserNotFoundError
from voxhall.kit import Kit
from voxhall.kit.text import clean_text


async def report(kit: Kit, me: User, handle: str, reason: ReportReason, note: str, space_id: str | None) -> None:
    """Again, while the first is open, changes nothing."""
    note = clean_text(note, field="note", max_chars=MAX_NOTE_CHARS, min_chars=0, lines=True)
    async with kit.db.write() as tx:
        about = await people.user_by_handle(tx, handle.lower())
        if about is None:
            raise UserNotFoundError
        if about.id == me.id:
            raise YourselfError
        await tx.lock(f"user:{me.id}")
        if await store.open_between(tx, me.id, about.id) is not None:
            return
        if await store.open_by(tx, me.id) >= MAX_OPEN_BY_ONE:
            raise TooManyReportsError
        values = {
            "id": kit.ids.new("re"),
            "about_id": about.id,
            "by_id": me.id,
            "space_id": space_id,
            "reason": reason.value,
            "note": note,
            "created_at": kit.clock.now(),
        }
        await store.add(tx, values)


async def reports(kit: Kit, *, is_open: bool, after: tuple[datetime, str] | None, limit: int) -> Sequence[Report]:
    async with kit.db.read() as conn:
        rows = await store.listed(conn, is_open=is_open, after=after, limit=limit)
        ids = {UserId(one) for row in rows for one in (row.about_id, row.by_id)}
        known = await people.users_by_id(conn, ids)
    return [
        Report(
            row.id,
            known.get(UserId(row.about_id)),
            known.get(UserId(row.by_id)),
            row.space_id,
            ReportReason(row.reason),
            row.note,
            row.created_at,
            row.resolved_at,
        )
        for row in rows
    ]


async def resolve(kit: Kit, administrator: User, report_id: str) -> None:
    async with kit.db.write() as tx:
        about_id = await store.resolve(tx, report_id, kit.clock.now())
        if about_id is None:
            raise NotFoundError
        await admission.note(kit, tx, administrator.id, "report_resolved", {"report": report_id, "about": about_id})


async def promote(kit: Kit, administrator: User, handle: str, promotion: Promotion) -> None:
    """In force with the next list that anybody asks for."""
    async with kit.db.write() as tx:
        user = await people.user_by_handle(tx, handle.lower())
        if user is None:
            raise UserNotFoundError
        await store.promote(tx, user.id, promotion)
        data = {"handle": user.handle, "before": user.promotion.value, "after": promotion.value}
        await admission.note(kit, tx, administrator.id, "person_promoted", {**data})
