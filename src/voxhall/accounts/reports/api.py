"""Routes of reports, and of who is shown."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from voxhall.accounts import actions as people
from voxhall.accounts.admission.api import require_administrator
from voxhall.accounts.answers import Named, PromotionBody, named_as_json
from voxhall.accounts.identity import ActorDep
from voxhall.accounts.model import Promotion, Scope
from voxhall.accounts.reports import actions
from voxhall.accounts.reports.model import Report, ReportReason
from voxhall.errors import JsonObject
from voxhall.kit.clock import to_wire
from voxhall.kit.web import KitDep, PageDep, page_of

router = APIRouter(prefix="/api/v1", tags=["reports"])


class ReportBody(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    handle: Annotated[str, Field(max_length=60)]
    reason: ReportReason
    note: Annotated[str, Field(max_length=20_000)] = ""
    space_id: Annotated[str | None, Field(max_length=40)] = None


class ReportAnswer(BaseModel):
    id: str
    about: Named | None
    promotion: Promotion | None
    by: Named | None
    space_id: str | None
    reason: ReportReason
    note: str
    created_at: str
    resolved_at: str | None


class ReportsAnswer(BaseModel):
    items: list[ReportAnswer]
    next_cursor: str | None


@router.post("/reports", status_code=204)
async def report(body: ReportBody, kit: KitDep, actor: ActorDep) -> None:
    """To the people who run this server; whom it is about is not told."""
    user = actor.require_user(Scope.ACCOUNT)
    await actions.report(kit, user, body.handle, body.reason, body.note, body.space_id)


@router.get("/admin/reports", response_model=ReportsAnswer)
async def reports(kit: KitDep, actor: ActorDep, page: PageDep, resolved: bool = False) -> JsonObject:
    require_administrator(actor)
    found = await actions.reports(kit, is_open=not resolved, after=page.after_time(), limit=page.limit + 1)
    return page_of(found, page, _as_json, lambda one: [one.created_at.isoformat(), one.id])


@router.post("/admin/reports/{report_id}/resolve", status_code=204)
async def resolve(report_id: str, kit: KitDep, actor: ActorDep) -> None:
    await actions.resolve(kit, require_administrator(actor), report_id)


@router.get("/admin/users/{handle}/promotion")
async def promotion(handle: str, kit: KitDep, actor: ActorDep) -> PromotionBody:
    require_administrator(actor)
    return PromotionBody(promotion=(await people.user_by_handle(kit, handle)).promotion)


@router.put("/admin/users/{handle}/promotion", status_code=204)
async def promote(handle: str, body: PromotionBody, kit: KitDep, actor: ActorDep) -> None:
    """Hidden: in no list and no search, though the address still works. Featured: before the others."""
    await actions.promote(kit, require_administrator(actor), handle, body.promotion)


def _as_json(one: Report) -> JsonObject:
    return {
        "id": one.id,
        "about": named_as_json(one.about) if one.about is not None else None,
        "promotion": one.about.promotion.value if one.about is not None else None,
        "by": named_as_json(one.by) if one.by is not None else None,
        "space_id": one.space_id,
        "reason": one.reason.value,
        "note": one.note,
        "created_at": to_wire(one.created_at),
        "resolved_at": to_wire(one.resolved_at) if one.resolved_at is not None else None,
    }
