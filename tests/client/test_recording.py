"""What a listener writes lasts as long as was listened, whatever came and did not come."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Literal

import pytest

from tests.client.conftest import Stage
from tests.client.sound import heard, tone
from voxhall.media import _core

CODECS: dict[Literal["ogg", "wav"], str] = {"ogg": "opus", "wav": "pcm_s16le"}


def packets_of(subscriber: _core.Subscriber, publisher: _core.Publisher, samples: bytes) -> Iterator[_core.Packet]:
    """What comes while somebody talks; what is still on its way after that is the mix's fading out."""
    talk = Thread(target=publisher.push, args=(samples,))
    talk.start()
    while talk.is_alive():
        yield from subscriber.receive(0.1)
    talk.join()
    yield from subscriber.receive(0.5)


@pytest.mark.parametrize("file_format", ["ogg", "wav"])
def test_a_file_is_as_long_as_was_listened_and_silence_is_kept(
    stage: Stage, tmp_path: Path, file_format: Literal["ogg", "wav"]
) -> None:
    out = tmp_path / f"heard.{file_format}"
    subscriber, publisher = stage.subscriber(), stage.publisher()
    recording = _core.Recording(out, file_format)
    for packet in packets_of(subscriber, publisher, tone(1.0)):
        recording.add(packet)
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
    heard_now = [packet.csrcs for packet in packets_of(subscriber, publisher, tone(0.5))]
    assert [4711] in heard_now
    assert all(csrcs in ([], [4711]) for csrcs in heard_now)
    assert subscriber.lost == 0
