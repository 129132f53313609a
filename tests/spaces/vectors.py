"""The vectors of tests/vectors as values of the model."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from voxhall.spaces.model import (
    Participant,
    ParticipantId,
    Person,
    Recording,
    RecordingProblem,
    Role,
    Space,
    SpaceId,
    SpaceState,
    WhoMaySpeak,
)
from voxhall.spaces.model.commands import (
    COMMANDS,
    Arrive,
    CancelOverdue,
    Command,
    Edit,
    EndQuiet,
    GiveUpWaiting,
    HaltTape,
    LoseConnection,
    ResumeTape,
    StepOntoStage,
)

NOW = datetime(2026, 11, 22, 19, 2, tzinfo=UTC)
VECTORS = Path(__file__).parent.parent / "vectors"
CSRCS = {"ana": 11, "ben": 22, "cleo": 33, "dora": 44, "eva": 55, "guest": 66}
EVERY_COMMAND: dict[str, Any] = {
    **COMMANDS,
    "edit": Edit,
    "cancel_overdue": CancelOverdue,
    "step_onto_stage": StepOntoStage,
    "arrive": Arrive,
    "lose_connection": LoseConnection,
    "give_up_waiting": GiveUpWaiting,
    "end_quiet": EndQuiet,
    "halt_tape": HaltTape,
    "resume_tape": ResumeTape,
}


def read(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / name).read_text())
    return found


def time_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def person(name: str) -> Person:
    if name == "guest":
        return Person("gu_guest", None, "Guest")
    return Person(f"us_{name}", name, name.capitalize())


def space_of(given: dict[str, Any]) -> Space:
    people = [_participant(name, told, number) for number, (name, told) in enumerate(given["people"].items())]
    state = SpaceState(given["state"])
    return Space(
        id=SpaceId("sp_1"),
        title="Evening radio",
        state=state,
        host_id="us_ana",
        topics=(),
        language="en",
        who_may_speak=WhoMaySpeak(given["who_may_speak"]),
        recording=Recording(given.get("recording", "off")),
        recording_problem=RecordingProblem(given["recording_problem"]) if "recording_problem" in given else None,
        created_at=NOW - timedelta(minutes=2),
        scheduled_start=NOW if state is SpaceState.SCHEDULED else None,
        seq=100,
        people={one.id: one for one in people},
    )


def command_of(told: dict[str, Any]) -> Command:
    arguments = {key: value for key, value in told.items() if key != "name"}
    if "problem" in arguments:
        arguments["problem"] = RecordingProblem(arguments["problem"])
    if told["name"] == "edit":
        arguments |= {
            "topics": tuple(arguments["topics"]),
            "who_may_speak": WhoMaySpeak(arguments["who_may_speak"]),
            "recording": Recording(arguments["recording"]),
            "scheduled_start": time_of(arguments["scheduled_start"]),
        }
    command: Command = EVERY_COMMAND[told["name"]](**arguments)
    return command


def _participant(name: str, told: dict[str, Any], number: int) -> Participant:
    return Participant(
        id=ParticipantId(f"pa_{name}"),
        person=person(name),
        csrc=CSRCS.get(name, 1_000 + number),
        role=Role(told["role"]),
        muted=told.get("muted", True),
        muted_by_host=told.get("muted_by_host", False),
        connected=told.get("connected", True),
        requested_at=time_of(told.get("requested_at")),
        request_order=number,
        invited=told.get("invited", False),
        stage_order=number,
        removed_at=time_of(told.get("removed_at")),
        must_ask=told.get("must_ask", False),
        kept_role=Role(told["kept_role"]) if "kept_role" in told else None,
        kept_until=time_of(told.get("kept_until")),
    )
