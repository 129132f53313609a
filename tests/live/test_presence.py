"""Who is present: sockets and media of one person together, with time as an argument."""

from tests.spaces.vectors import space_of
from voxhall.live.presence import LOSS_GRACE_S, Came, Presence, Went
from voxhall.spaces.model import ParticipantId, SpaceId

SPACE = SpaceId("sp_1")
ANA, BEN, CLEO = (ParticipantId(f"pa_{name}") for name in ("ana", "ben", "cleo"))


def stage(*names: str) -> Presence:
    """Ana is host, the others named stand on the stage with her; nobody is present yet."""
    presence = Presence()
    people = {"ana": {"role": "host"}, **{name: {"role": "speaker"} for name in names}}
    presence.follow(space_of({"state": "live", "who_may_speak": "invited", "people": people}), 0.0)
    return presence


def test_the_first_connection_comes_and_the_last_one_goes() -> None:
    presence = Presence()
    assert presence.connected(SPACE, BEN, "page") == Came(SPACE, BEN)
    assert presence.connected(SPACE, BEN, "phone") is None
    assert presence.connected(SPACE, BEN, "peer") is None
    assert presence.gone(SPACE, BEN, "page", 1.0) is None
    assert presence.gone(SPACE, BEN, "phone", 2.0) is None
    assert presence.listener_count(SPACE) == 1
    assert presence.gone(SPACE, BEN, "peer", 3.0) == Went(SPACE, BEN)
    assert presence.spaces() == []


def test_a_connection_ends_once() -> None:
    presence = stage("ben")
    presence.connected(SPACE, BEN, "peer")
    assert presence.gone(SPACE, BEN, "peer", 1.0) == Went(SPACE, BEN)
    assert presence.gone(SPACE, BEN, "peer", 1.0) is None
    assert presence.gone(SPACE, BEN, "page", 1.0) is None


def test_the_stage_is_not_the_audience() -> None:
    presence = stage("ben")
    for one in (ANA, BEN, CLEO):
        presence.connected(SPACE, one, "page")
    assert presence.listener_count(SPACE) == 1
    presence.gone(SPACE, BEN, "page", 1.0)
    assert presence.listener_count(SPACE) == 1


def test_who_is_awaited_is_given_up_after_the_grace_and_once() -> None:
    presence = stage("ben")
    presence.connected(SPACE, ANA, "page")
    presence.connected(SPACE, BEN, "page")
    presence.gone(SPACE, BEN, "page", 100.0)
    assert list(presence.given_up(100.0 + LOSS_GRACE_S - 0.01)) == []
    assert list(presence.given_up(100.0 + LOSS_GRACE_S)) == [(SPACE, BEN)]
    assert list(presence.given_up(100.0 + LOSS_GRACE_S)) == []


def test_who_is_back_in_time_is_not_given_up() -> None:
    presence = stage("ben")
    presence.connected(SPACE, BEN, "peer")
    presence.connected(SPACE, ANA, "page")
    presence.gone(SPACE, BEN, "peer", 100.0)
    presence.connected(SPACE, BEN, "page")
    assert list(presence.given_up(1_000.0)) == []


def test_silence_that_was_waited_for_is_not_waited_for_again() -> None:
    presence = stage("ben")
    presence.connected(SPACE, ANA, "page")
    presence.connected(SPACE, BEN, "peer")
    presence.gone(SPACE, BEN, "peer", 100.0, silent_s=LOSS_GRACE_S)
    assert list(presence.given_up(100.0)) == [(SPACE, BEN)]


def test_after_a_restart_the_stage_has_the_grace_to_come_back() -> None:
    presence = stage("ben")
    presence.connected(SPACE, ANA, "page")
    assert list(presence.given_up(LOSS_GRACE_S - 0.01)) == []
    assert list(presence.given_up(LOSS_GRACE_S)) == [(SPACE, BEN)]


def test_who_left_does_not_count_with_what_is_still_open() -> None:
    presence = Presence()
    presence.connected(SPACE, ANA, "page")
    presence.connected(SPACE, BEN, "page")
    presence.forget(SPACE, BEN)
    assert presence.listener_count(SPACE) == 1
    assert presence.gone(SPACE, BEN, "page", 1.0) is None
    assert presence.listener_count(SPACE) == 1


def test_who_left_and_came_back_is_not_taken_away_by_the_page_they_left() -> None:
    presence = stage("ben")
    presence.connected(SPACE, BEN, "old page")
    presence.forget(SPACE, BEN)
    assert presence.connected(SPACE, BEN, "new page") == Came(SPACE, BEN)
    assert presence.gone(SPACE, BEN, "old page", 1.0) is None
    assert presence.is_present(SPACE, BEN)


def test_an_ended_space_has_nobody() -> None:
    presence = stage("ben")
    presence.connected(SPACE, BEN, "page")
    presence.end(SPACE)
    assert presence.present(SPACE) == []
    assert presence.gone(SPACE, BEN, "page", 1.0) is None
    assert presence.spaces() == []
