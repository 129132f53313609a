"""Between a rival's figures and a claim: the arithmetic, and the door that listeners of all kinds go through."""

import asyncio
from typing import Any

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.peers.__main__ import ENTRIES, FIGURES, tables, together
from benchmarks.peers.bridge.descriptions import agreed_on, answer, sections, with_candidate
from benchmarks.peers.bridge.wire import field, fields
from benchmarks.peers.contest import SCENES
from benchmarks.peers.figures import Look, Window, cpu_ms_a_join, one_more, spread


def look(at_s: float, cpu_s: float, resident_kb: int = 0) -> Look:
    return Look(at_s, cpu_s, cpu_s * 0.75, cpu_s * 0.25, resident_kb)


# A server that takes 20 ms of CPU a second for the scene, 1 ms for a listener and 5 ms for a join: 30 listen for ten
# seconds, in four more 70 come at 35 a second, and a hundred listen for ten.
FEW = Window(look(0, 1.0, 9_000), look(10, 1.5, 10_000))
# Each of the 70 has listened for three of the four seconds on average.
JOINING = Window(look(10, 1.5, 10_000), look(14, 1.5 + 0.05 * 4 + 0.001 * 70 * 3 + 0.005 * 70, 24_000))
MANY = Window(look(14, 3.0, 24_000), look(24, 4.2, 24_000))


def test_one_more_listener_costs_what_the_scene_does_not() -> None:
    price = one_more(FEW, MANY, 70)
    assert price.cpu_us_per_s == pytest.approx(1_000)
    assert price.resident_kb == pytest.approx(200)
    assert FEW.user_share == pytest.approx(0.75)


def test_a_join_costs_what_neither_those_inside_nor_those_who_came_before_do() -> None:
    assert cpu_ms_a_join(FEW, JOINING, one_more(FEW, MANY, 70), 70, 35) == pytest.approx(5)


def test_a_spread_is_the_lowest_the_median_and_the_highest() -> None:
    assert spread([5, 1, 4, 2, 1000]) == [1, 4, 1000]


def test_rounds_that_do_not_count_are_told_and_kept_out_of_the_figures() -> None:
    good = dict.fromkeys(FIGURES, 300.0)
    rounds: list[dict[str, Any]] = [
        {**good, "unusable": None},
        {**dict.fromkeys(FIGURES, 9.0), "unusable": "the generator was full"},
    ]
    found = together(ENTRIES[0], rounds, 100)
    assert (found["cpu_us_per_s"], found["listeners"], found["rounds"]) == ([300, 300, 300], "300 to 1000", 1)
    assert found["left_out"] == ["the generator was full"]
    none_left = together(ENTRIES[1], rounds[1:], 100)
    listening = tables([found, none_left], 200.0)["one_more_listener"]
    assert [line.get("times_floor") for line in listening] == [1.5, None]


def test_every_entry_has_its_name_to_itself_and_a_scene() -> None:
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)
    assert {entry.scene for entry in ENTRIES} == set(SCENES)


@given(st.lists(st.tuples(st.integers(1, 2**20), st.integers(0, 2**63) | st.binary(max_size=300))))
def test_what_is_written_as_a_field_is_read_as_it(written: list[tuple[int, int | bytes]]) -> None:
    assert list(fields(b"".join(field(key, value) for key, value in written))) == written


def test_fields_are_as_the_encoding_of_protocol_buffers_has_them() -> None:
    """The examples of protobuf.dev, "Encoding"."""
    assert field(1, 150) == bytes.fromhex("089601")
    assert field(2, b"testing") == bytes.fromhex("120774657374696e67")
    assert list(fields(bytes.fromhex("0d01000000089601"))) == [(1, b"\x01\0\0\0"), (1, 150)]


LISTENER = "\r\n".join(
    [
        "v=0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
        "a=ice-ufrag:mine",
        "a=ice-pwd:my password is long enough",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "a=setup:actpass",
    ]
)


async def test_a_server_that_offers_takes_the_answer_that_is_made_for_it() -> None:
    """aiortc stands for the server: several tracks and a data channel, as LiveKit offers them."""
    server = RTCPeerConnection()
    try:
        for _ in range(3):
            server.addTrack(AudioStreamTrack())
        server.createDataChannel("events")
        await server.setLocalDescription(await server.createOffer())
        made = answer(server.localDescription.sdp, LISTENER)
        await server.setRemoteDescription(RTCSessionDescription(made, "answer"))
        assert [one.currentDirection for one in server.getTransceivers()] == ["sendonly"] * 3
        assert len(sections(made)) == 4
        assert made.count("a=ice-ufrag:mine") == 4
    finally:
        await asyncio.wait_for(server.close(), 10)


COUNTED = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
OFFERED = [
    "v=0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 109",
    "a=rtcp-rsize",
    "a=rtpmap:109 opus/48000/2",
    "a=rtcp-fb:109 nack",
    "a=rtcp-fb:109 transport-cc",
    "a=rtcp-fb:109 goog-remb",
    f"a=extmap:7 {COUNTED}",
    "a=extmap:8 urn:example:unknown",
]


def test_feedback_is_agreed_on_where_both_name_it_or_the_listener_takes_it_all_the_same() -> None:
    offer = "\r\n".join(OFFERED)
    listener = "\r\n".join([LISTENER, "a=rtcp-fb:111 transport-cc", f"a=extmap:3 {COUNTED}"])
    both = ["a=rtcp-rsize", "a=rtcp-fb:109 transport-cc", f"a=extmap:7 {COUNTED}"]
    plain = answer(offer, listener)
    assert [line for line in plain.splitlines() if line.startswith(("a=rtcp-", "a=extmap"))][1:] == both
    assert "a=rtcp-fb:109 nack" in answer(offer, listener, ("nack",))
    left_out = {"a=rtcp-fb:109 nack", "a=rtcp-fb:109 goog-remb", "a=extmap:8 urn:example:unknown"}
    assert agreed_on(offer, plain).splitlines() == [line for line in OFFERED if line not in left_out]
    assert "rtcp-fb" not in answer(offer, LISTENER)


def test_a_candidate_that_came_later_stands_in_the_description() -> None:
    described = with_candidate("v=0\r\nm=audio 9 X 111\r\n", "candidate:1 1 udp 1 127.0.0.1 7882 typ host")
    assert described.splitlines()[-1] == "a=candidate:1 1 udp 1 127.0.0.1 7882 typ host"
