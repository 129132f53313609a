"""The doctor's two doors: the examination for administrators, and the socket at which any browser tries its own way."""

import asyncio
from typing import Any

from fastapi import APIRouter, WebSocket
from pydantic import BaseModel, Field

from voxhall.accounts.admission.api import require_administrator
from voxhall.accounts.identity import ActorDep
from voxhall.doctor import questions
from voxhall.doctor.finding import Verdict
from voxhall.doctor.visitors import Visitors
from voxhall.errors import JsonObject
from voxhall.kit.web import address_of
from voxhall.live.deps import LiveDep
from voxhall.live.service import Live

router = APIRouter()

# A question waits for the media node at most; the examination as a whole has its own patience.
ANSWER_TIMEOUT_S = 30.0
# An examination takes a thread and opens connections: two administrators share nothing but the wait.
_one_at_a_time = asyncio.Lock()


class FindingAnswer(BaseModel):
    name: str = Field(description="What was looked at; keeps its meaning.")
    level: Verdict
    case: str = Field(description="Which of the sentences it is, with the values that fill it.")
    values: dict[str, str | int]
    sentence: str
    mend: str = Field(description="What to do about it; empty where all is well.")


class ExaminationAnswer(BaseModel):
    ok: bool = Field(description="Whether nothing failed; warnings are allowed.")
    findings: list[FindingAnswer]


@router.get("/api/v1/admin/doctor", tags=["operation"], response_model=ExaminationAnswer)
async def examination(live: LiveDep, actor: ActorDep) -> dict[str, Any]:
    """What `voxhall doctor` finds, run by the server itself; takes seconds where a way is blocked."""
    require_administrator(actor)
    async with _one_at_a_time:
        return await asyncio.to_thread(_examined, live, asyncio.get_running_loop())


def _examined(live: Live, loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
    # It brings the media core's client with it, which only this needs.
    from voxhall.doctor.examination import examine, is_well

    def ask(name: str, args: JsonObject) -> JsonObject | None:
        return asyncio.run_coroutine_threadsafe(questions.answer(live, name, args), loop).result(ANSWER_TIMEOUT_S)

    findings = list(examine(live.kit.settings, ask))
    return {"ok": is_well(findings), "findings": [one.as_json() for one in findings]}


@router.websocket("/api/v1/doctor")
async def visit(websocket: WebSocket) -> None:
    """For anybody, docs/protocol.md: whether this browser's way to the media node is open, by UDP and by TCP."""
    visitors: Visitors = websocket.app.state.visitors
    await visitors.serve(websocket, address_of(websocket))
