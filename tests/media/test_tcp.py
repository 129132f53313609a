"""Where no UDP gets through, sound goes over TCP on the same port number."""

import math
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.running import RunningServer
from voxhall.media import _core

pytestmark = pytest.mark.timeout(60)

SDP = {"Content-Type": "application/sdp"}
FRAME = b"".join(struct.pack("<h", int(8000 * math.sin(2 * math.pi * 440 * at / 48_000))) for at in range(960))


def speak(speaker: _core.Publisher, frames: int) -> None:
    for _ in range(frames):
        speaker.push(FRAME)


def test_a_speaker_and_a_listener_over_tcp_alone_hear_each_other(server: RunningServer) -> None:
    host = server.new_account("tcp")
    space = server.open_space(host)
    speaker, listener = _core.Publisher(tcp=True), _core.Subscriber(tcp=True)
    for client, kind in ((speaker, "whip"), (listener, "whep")):
        door = f"/api/v1/spaces/{space['id']}/{kind}"
        answer = server.http.post(door, content=client.offer(), headers={**SDP, **host.headers})
        assert answer.status_code == 201, answer.text
        tcp_only = "".join(line for line in answer.text.splitlines(keepends=True) if " udp " not in line)
        assert " tcp " in tcp_only, "the answer offers TCP candidates"
        client.answer(tcp_only)
        assert client.wait_connected(10), f"{kind} connects over TCP"
    heard: list[_core.Packet] = []
    with ThreadPoolExecutor(1) as pool:
        speaking = pool.submit(speak, speaker, 150)
        while not speaking.done():
            heard += listener.receive(0.1)
    speaking.result()
    assert len(heard) > 100, "three seconds are 150 packets, less the first moments"
    assert any(packet.csrcs for packet in heard), "packets say who is heard"
    speaker.close()
    listener.close()
