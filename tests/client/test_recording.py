"""What a listener writes lasts as long as was listened, whatever came and did not come."""

from pathlib import Path
from threading import Thread
from typing import Literal

import pytest

from tests.client.conftest import Stage
from tests.client.sound import heard, tone
from voxhall.media import _core

CODECS: dict[Literal["ogg", "wav"], str] = {"ogg": "opus", "wav": "pcm_s16le"}


def record_while(talk: Thread, subscriber: _core.Subscriber, recording: _core.Recording) -> None:
    """Until the talk has ended and nothing more comes."""
    talk.start()
    while (packets := subscriber.receive(0.5)) or talk.is_alive():
        for packet in packets:
            recording.add(packet)
    talk.join()


@pytest.mark.parametrize("file_format", ["ogg", "wav"])
def test_a_file_is_as_long_as_was_listened_and_silence_is_kept(
    stage: Stage, tmp_path: Path, file_format: Literal["ogg", "wav"]
) -> None:
    out = tmp_path / f"heard.{file_format}"
    subscriber, publisher = stage.subscriber(), stage.publisher()
    recording = _core.Recording(out, file_format)
    record_while(Thread(target=publisher.push, args=(tone(1.0),)), subscriber, recording)
    recording.finish(4.0)

    found = heard(out)
    assert found.codec == CODECS[file_format]
    assert found.seconds == pytest.approx(4.0, abs=0.001)
    assert found.loud_seconds() == pytest.approx(1.0, abs=0.3)
    assert max(found.levels[-50:]) < 0.001


def test_a_space_where_nobody_speaks_makes_a_file_too(tmp_path: Path) -> None:
    for file_format in CODECS:
        out = tmp_path / f"silent.{file_format}"
        _core.Recording(out, file_format).finish(1.25)
        assert heard(out).seconds == pytest.approx(1.25, abs=0.001)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(_core.ClientError, match="No such file or directory"):
        _core.Recording(tmp_path / "nowhere" / "a.ogg", "ogg")


def test_a_listener_knows_who_is_heard(stage: Stage) -> None:
    subscriber, publisher = stage.subscriber(tcp=True), stage.publisher(csrc=4711)
    Thread(target=publisher.push, args=(tone(0.5),)).start()
    packets = [packet for _ in range(10) for packet in subscriber.receive(1.0)]
    assert {csrc for packet in packets for csrc in packet.csrcs} == {4711}
    assert subscriber.lost == 0
