"""The queue of one socket: bounded in bytes and in time."""

import asyncio
from dataclasses import replace

from tests.spaces.vectors import space_of
from voxhall.kit.disk import DiskState
from voxhall.live import protocol
from voxhall.live.hub import MAX_QUEUED_BYTES, MAX_QUEUED_S, Closing, Hub, Socket
from voxhall.live.protocol import MediaState, Surroundings
from voxhall.spaces.actions import SpaceChanged
from voxhall.spaces.model import SpaceId, StoredEvent

SPACE = SpaceId("sp_1")


def nobody_listens(_space: SpaceId) -> Surroundings:
    return Surroundings(0, MediaState.READY, frozenset(), DiskState.OK)


def test_a_reader_a_mebibyte_behind_is_cut_off() -> None:
    socket = Socket(SPACE, 0.0)
    text = "x" * 1_000
    for _ in range(MAX_QUEUED_BYTES // len(text)):
        socket.send(text, 0.0)
    assert not socket.cut.is_set()
    socket.send(text, 0.0)
    assert socket.cut.is_set()
    assert socket.closing == Closing(protocol.CLOSE_TOO_SLOW, "You read too slowly.")


async def test_what_was_read_does_not_count() -> None:
    socket = Socket(SPACE, 0.0)
    for _ in range(10 * MAX_QUEUED_BYTES // 1_000):
        socket.send("x" * 1_000, 0.0)
        assert await socket.next_text() is not None
        socket.sent()
    assert socket.closing is None


def test_a_reader_ten_seconds_behind_is_behind() -> None:
    socket = Socket(SPACE, 0.0)
    assert not socket.is_behind(1_000.0)
    socket.send("x", 1_000.0)
    assert not socket.is_behind(1_000.0 + MAX_QUEUED_S)
    assert socket.is_behind(1_000.1 + MAX_QUEUED_S)


async def test_closing_lets_the_last_words_out_first() -> None:
    socket = Socket(SPACE, 0.0)
    socket.send("the last words", 0.0)
    socket.close(1000, "You left.")
    socket.send("too late", 0.0)
    assert await socket.next_text() == "the last words"
    socket.sent()
    assert await socket.next_text() is None


async def test_what_happens_while_the_snapshot_is_made_follows_it_once() -> None:
    hub = Hub("https://voxhall.example", nobody_listens)
    given = {"state": "live", "who_may_speak": "invited", "people": {"ana": {"role": "host", "muted": False}}}
    space = space_of(given)
    [ana] = space.stage
    socket = hub.open(space.id, 0.0)
    for seq in (space.seq, space.seq + 1):
        before = space_of(given)
        stored = StoredEvent(
            seq, space.created_at, "participant_muted", {"participant_id": ana.id}, ana.id, for_stewards=False
        )
        after = replace(before, seq=seq)
        hub.tell(SpaceChanged(before, after, (stored,)), 0.0)
    hub.admit(socket, space, ana, 0.0)
    first = await socket.next_text()
    assert first is not None
    assert f'"seq":{space.seq + 1}' in first
    socket.sent()
    with_nothing_left = asyncio.ensure_future(socket.next_text())
    await asyncio.sleep(0)
    assert not with_nothing_left.done()
    with_nothing_left.cancel()


async def test_everybody_is_sent_the_same_text() -> None:
    hub = Hub("https://voxhall.example", nobody_listens)
    sockets = [hub.open(SPACE, 0.0) for _ in range(3)]
    space = space_of({"state": "live", "who_may_speak": "invited", "people": {"ana": {"role": "host"}}})
    for socket in sockets:
        hub.admit(socket, space, space.stage[0], 0.0)
    hub.tell_audience(SPACE, 3, 0.0)
    texts = [await socket.next_text() for socket in sockets]
    assert texts[0] is texts[1] is texts[2]
