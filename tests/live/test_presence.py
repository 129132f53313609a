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
    assert presence.socket_opened(SPACE, BEN) == Came(SPACE, BEN)
    assert presence.socket_opened(SPACE, BEN) is None
    assert presence.peer_live(SPACE, BEN, "peer") is None
    assert presence.socket_closed(SPACE, BEN, 1.0) is None
    assert presence.socket_closed(SPACE, BEN, 2.0) is None
    assert presence.listener_count(SPACE) == 1
    assert presence.peer_gone(SPACE, BEN, "peer", 3.0) == Went(SPACE, BEN)
    assert presence.spaces() == []


def test_a_connection_ends_once() -> None:
    presence = stage("ben")
    presence.peer_live(SPACE, BEN, "peer")
    assert presence.peer_gone(SPACE, BEN, "peer", 1.0) == Went(SPACE, BEN)
    assert presence.peer_gone(SPACE, BEN, "peer", 1.0) is None
    assert presence.socket_closed(SPACE, BEN, 1.0) is None


def test_the_stage_is_not_the_audience() -> None:
    presence = stage("ben")
    for one in (ANA, BEN, CLEO):
        presence.socket_opened(SPACE, one)
    assert presence.listener_count(SPACE) == 1
    presence.socket_closed(SPACE, BEN, 1.0)
    assert presence.listener_count(SPACE) == 1


def test_who_is_awaited_is_given_up_after_the_grace_and_once() -> None:
    presence = stage("ben")
    presence.socket_opened(SPACE, ANA)
    presence.socket_opened(SPACE, BEN)
    presence.socket_closed(SPACE, BEN, 100.0)
    assert list(presence.given_up(100.0 + LOSS_GRACE_S - 0.01)) == []
    assert list(presence.given_up(100.0 + LOSS_GRACE_S)) == [(SPACE, BEN)]
    assert list(presence.given_up(100.0 + LOSS_GRACE_S)) == []


def test_who_is_back_in_time_is_not_given_up() -> None:
    presence = stage("ben")
    presence.peer_live(SPACE, BEN, "peer")
    presence.socket_opened(SPACE, ANA)
    presence.peer_gone(SPACE, BEN, "peer", 100.0)
    presence.socket_opened(SPACE, BEN)
    assert list(presence.given_up(1_000.0)) == []


def test_silence_that_was_waited_for_is_not_waited_for_again() -> None:
    presence = stage("ben")
    presence.socket_opened(SPACE, ANA)
    presence.peer_live(SPACE, BEN, "peer")
    presence.peer_gone(SPACE, BEN, "peer", 100.0, silent_s=LOSS_GRACE_S)
    assert list(presence.given_up(100.0)) == [(SPACE, BEN)]


def test_after_a_restart_the_stage_has_the_grace_to_come_back() -> None:
    presence = stage("ben")
    presence.socket_opened(SPACE, ANA)
    assert list(presence.given_up(LOSS_GRACE_S - 0.01)) == []
    assert list(presence.given_up(LOSS_GRACE_S)) == [(SPACE, BEN)]


def test_who_left_does_not_count_with_what_is_still_open() -> None:
    presence = Presence()
    presence.socket_opened(SPACE, ANA)
    presence.socket_opened(SPACE, BEN)
    presence.forget(SPACE, BEN)
    assert presence.listener_count(SPACE) == 1
    assert presence.socket_closed(SPACE, BEN, 1.0) is None
    assert presence.listener_count(SPACE) == 1


def test_an_ended_space_has_nobody() -> None:
    presence = stage("ben")
    presence.socket_opened(SPACE, BEN)
    presence.end(SPACE)
    assert presence.present(SPACE) == []
    assert presence.socket_closed(SPACE, BEN, 1.0) is None
    assert presence.spaces() == []
