"""The rules of a space: every command with its successes and refusals, from tests/vectors/model.json."""

from datetime import timedelta
from typing import Any

import pytest

from tests.spaces.vectors import EVERY_COMMAND, NOW, command_of, person, read, space_of
from voxhall.errors import VoxhallError
from voxhall.spaces.model import ParticipantId, Role, SpaceState, apply, apply_all, decide
from voxhall.spaces.model.commands import CancelOverdue, EndQuiet, GiveUpWaiting, LoseConnection, MoveToAudience
from voxhall.spaces.model.events import RoleChanged, SpaceCanceled
from voxhall.spaces.model.lifecycle import QUIET_LIMIT, START_LIMIT, with_quiet_marked
from voxhall.spaces.model.space import STAGE_LIMIT
from voxhall.spaces.model.stage import ROLE_KEPT
from voxhall.spaces.model.wire import event_data

VECTORS = read("model.json")
ANA, BEN = ParticipantId("pa_ana"), ParticipantId("pa_ben")


@pytest.mark.parametrize("vector", VECTORS, ids=[one["name"] for one in VECTORS])
def test_vector(vector: dict[str, Any]) -> None:
    space = space_of(vector["given"])
    actor = person(vector["by"]) if vector["by"] else None
    if "error" in vector:
        with pytest.raises(VoxhallError) as refusal:
            decide(space, command_of(vector["command"]), actor, NOW)
        assert refusal.value.code == vector["error"]
        assert refusal.value.status < 500
        return
    decided = decide(space, command_of(vector["command"]), actor, NOW)
    assert [{"name": event.name, "data": event_data(event)} for event in decided] == vector.get("events")
    after = apply_all(space, decided)
    assert after.seq == space.seq + len(decided)
    assert decided == () or decide_again(after, vector) == ()


def decide_again(after: Any, vector: dict[str, Any]) -> Any:
    """Whatever was done once is done: the same command again changes nothing, or is refused."""
    try:
        return decide(after, command_of(vector["command"]), person(vector["by"]) if vector["by"] else None, NOW)
    except VoxhallError:
        return ()


def test_every_command_has_a_success_and_every_persons_command_a_refusal() -> None:
    succeeds = {one["command"]["name"] for one in VECTORS if one.get("events")}
    refused = {one["command"]["name"] for one in VECTORS if "error" in one}
    by_people = set(EVERY_COMMAND) - {
        "arrive",
        "lose_connection",
        "give_up_waiting",
        "end_quiet",
        "cancel_overdue",
        "halt_tape",
        "resume_tape",
    }
    assert set(EVERY_COMMAND) - succeeds == {"end_quiet", "cancel_overdue"}
    assert by_people - refused == {"leave", "withdraw_request"}


class TestQuiet:
    def test_a_space_with_an_empty_stage_ends_after_a_quarter_of_an_hour(self) -> None:
        space = with_quiet_marked(space_of({"state": "live", "who_may_speak": "invited", "people": {}}), NOW)
        assert decide(space, EndQuiet(), None, NOW + QUIET_LIMIT - timedelta(seconds=1)) == ()
        ended = apply_all(space, decide(space, EndQuiet(), None, NOW + QUIET_LIMIT))
        assert ended.state is SpaceState.ENDED

    def test_somebody_on_the_stage_keeps_it_open(self) -> None:
        given = {"state": "live", "who_may_speak": "invited", "people": {"ana": {"role": "host"}}}
        space = with_quiet_marked(space_of(given), NOW)
        assert decide(space, EndQuiet(), None, NOW + 2 * QUIET_LIMIT) == ()


def test_a_space_that_nobody_begins_is_canceled_an_hour_after_its_time() -> None:
    space = space_of({"state": "scheduled", "who_may_speak": "invited", "people": {}})
    assert decide(space, CancelOverdue(), None, NOW + START_LIMIT - timedelta(seconds=1)) == ()
    [canceled] = decide(space, CancelOverdue(), None, NOW + START_LIMIT)
    assert canceled == SpaceCanceled(was_overdue=True)
    assert decide(apply_all(space, [canceled]), CancelOverdue(), None, NOW + 2 * START_LIMIT) == ()


def test_the_role_is_kept_for_a_minute_after_the_stage_was_lost() -> None:
    given = {"state": "live", "who_may_speak": "invited", "people": {"ben": {"role": "cohost"}}}
    space = space_of(given)
    for command in (LoseConnection(BEN), GiveUpWaiting(BEN)):
        space = apply_all(space, decide(space, command, None, NOW))
    lost = space.people[BEN]
    assert lost.role is Role.LISTENER
    assert lost.role_kept_at(NOW + ROLE_KEPT - timedelta(milliseconds=1)) is Role.COHOST
    assert lost.role_kept_at(NOW + ROLE_KEPT) is None


def test_only_who_was_moved_by_somebody_else_has_to_ask_again() -> None:
    given = {
        "state": "live",
        "who_may_speak": "everyone",
        "people": {"ana": {"role": "host"}, "ben": {"role": "speaker"}},
    }
    space = space_of(given)
    stepped_down = apply_all(space, decide(space, MoveToAudience(), person("ben"), NOW))
    moved = apply_all(space, decide(space, MoveToAudience(BEN), person("ana"), NOW))
    assert (stepped_down.people[BEN].must_ask, moved.people[BEN].must_ask) == (False, True)


def test_the_stage_limit_is_the_one_the_vectors_show() -> None:
    assert STAGE_LIMIT == 20


def test_an_event_that_fits_nobody_only_counts() -> None:
    space = space_of({"state": "live", "who_may_speak": "invited", "people": {"ben": {"role": "listener"}}})
    after = apply(space, RoleChanged(BEN, Role.COHOST))
    assert (after.seq, after.people) == (space.seq + 1, space.people)
