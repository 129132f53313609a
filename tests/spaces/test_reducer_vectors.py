"""`apply` and the page's reducer are one function in two languages: both replay tests/vectors/reducer.json."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.spaces.vectors import NOW, read
from voxhall.kit.clock import to_wire
from voxhall.spaces.model import (
    LeaveReason,
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
    apply,
)
from voxhall.spaces.model import events as happened
from voxhall.spaces.model.wire import participant_as_json, request_as_json

VECTORS = read("reducer.json")
# Snapshots, answers and audience counts are the page's business alone.
OF_THE_MODEL = [
    one
    for one in VECTORS
    if {"snapshot", "audience", "media", "interrupted", "disk", "tip_jar_changed"}.isdisjoint(
        message["type"] for message in one["when"]
    )
]


@pytest.mark.parametrize("vector", OF_THE_MODEL, ids=[one["name"] for one in OF_THE_MODEL])
def test_vector(vector: dict[str, Any]) -> None:
    held = vector["given"]
    space = _space(held)
    for message in vector["when"]:
        event = _event(space, message)
        if event is not None and message["seq"] > space.seq:
            space = apply(replace(space, seq=message["seq"] - 1), event)
        elif message["type"] == "event":
            space = replace(space, seq=max(space.seq, message["seq"]))
    expected = vector["then"]
    assert space.seq == expected["seq"]
    assert [participant_as_json(one) for one in space.stage] == expected["stage"]
    assert [request_as_json(one) for one in space.requests] == expected["requests"]
    assert [one.id for one in space.invitations] == expected["invitations"]
    assert space.listener_count == expected["listener_count"]
    for key in ("started_at", "ended_at"):
        at: datetime | None = getattr(space, key)
        assert (to_wire(at) if at else None) == expected["space"][key]
    assert (space.title, space.language) == (expected["space"]["title"], expected["space"]["language"])
    assert space.state.value == expected["space"]["state"]
    assert space.recording.value == expected["space"]["recording"]
    problem = space.recording_problem
    assert (problem.value if problem else None) == expected["space"]["recording_problem"]


def test_most_vectors_are_replayed_by_the_model_too() -> None:
    assert len(OF_THE_MODEL) >= 30


def _space(held: dict[str, Any]) -> Space:
    told = held["space"]
    people: dict[ParticipantId, Participant] = {
        ParticipantId(f"pa_{name}"): _listening(name, is_invited=f"pa_{name}" in held["invitations"])
        for name in ("dora", "eva")
    }
    for number, one in enumerate(held["requests"]):
        people[one["participant_id"]] = replace(_asking(one), request_order=number - 100)
    for number, one in enumerate(held["stage"]):
        people[one["id"]] = replace(_on_stage(one), stage_order=number - 100)
    return Space(
        id=SpaceId(told["id"]),
        title=told["title"],
        state=SpaceState(told["state"]),
        host_id="us_ana",
        topics=(),
        language=told["language"],
        who_may_speak=WhoMaySpeak(told["who_may_speak"]),
        recording=Recording(told["recording"]),
        recording_problem=_problem(told["recording_problem"]),
        created_at=NOW,
        started_at=_time(told["started_at"]),
        ended_at=_time(told["ended_at"]),
        listener_count=held["listener_count"],
        seq=held["seq"],
        people=people,
    )


def _on_stage(told: dict[str, Any]) -> Participant:
    flags = {key: told[key] for key in ("muted", "muted_by_host", "connected", "csrc")}
    return Participant(ParticipantId(told["id"]), _person(told), role=Role(told["role"]), **flags)


def _listening(name: str, *, is_invited: bool) -> Participant:
    """Whoever may be invited; what happens to somebody is decided with that person loaded."""
    person = Person(f"us_{name}", name, name.capitalize())
    return Participant(ParticipantId(f"pa_{name}"), person, csrc=98, invited=is_invited)


def _asking(told: dict[str, Any]) -> Participant:
    requested_at = _time(told["requested_at"])
    return Participant(ParticipantId(told["participant_id"]), _person(told), csrc=99, requested_at=requested_at)


def _person(told: dict[str, Any]) -> Person:
    return Person(f"us_{told['handle']}", told["handle"], told["display_name"])


def _problem(text: str | None) -> RecordingProblem | None:
    return RecordingProblem(text) if text else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _event(space: Space, message: dict[str, Any]) -> happened.Event | None:
    if message["type"] != "event":
        return None
    match message["name"], message["data"]:
        case "space_started", data:
            return happened.SpaceStarted(datetime.fromisoformat(data["started_at"]))
        case "space_ended", data:
            return happened.SpaceEnded(datetime.fromisoformat(data["ended_at"]))
        case ("space_canceled" | "space_edited") as name, data:
            return _of_plan(name, data)
        case "recording_changed", data:
            return happened.RecordingChanged(Recording(data["recording"]), _problem(data["reason"]))
        case "speaker_added", data:
            return happened.SpeakerAdded(_on_stage(data["participant"]))
        case "speaker_removed", data:
            return happened.SpeakerRemoved(data["participant_id"], LeaveReason(data["reason"]))
        case "role_changed", data:
            return happened.RoleChanged(data["participant_id"], Role(data["role"]))
        case "participant_removed", data:
            return happened.ParticipantRemoved(data["participant_id"], NOW)
        case "request_made", data:
            known = space.people.get(data["request"]["participant_id"])
            asking = _asking(data["request"])
            return happened.RequestMade(replace(asking, stage_order=known.stage_order) if known else asking)
        case name, data:
            kinds = {kind.name: kind for kind in _ABOUT_ONE}
            return kinds[name](data["participant_id"]) if name in kinds else None
    raise AssertionError(message)


def _of_plan(name: str, data: dict[str, Any]) -> happened.Event:
    if name == "space_canceled":
        return happened.SpaceCanceled(was_overdue=data.get("reason") == "not_started")
    return happened.SpaceEdited(
        data["title"],
        tuple(data["topics"]),
        data["language"],
        WhoMaySpeak(data["who_may_speak"]),
        Recording(data["recording"]),
        _time(data["scheduled_start"]),
    )


_ABOUT_ONE = (
    happened.ParticipantMuted,
    happened.ParticipantUnmuted,
    happened.MicrophoneTaken,
    happened.MicrophoneGiven,
    happened.ParticipantDisconnected,
    happened.ParticipantReconnected,
    happened.RequestWithdrawn,
    happened.RequestAccepted,
    happened.RequestDeclined,
    happened.InvitedToSpeak,
    happened.InvitationWithdrawn,
    happened.InvitationDeclined,
)
