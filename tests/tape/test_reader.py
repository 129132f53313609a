"""The reader of the tape against tapes written by the page docs/tape.md."""

import random
from pathlib import Path

import pytest

from tests.tape.listening import ffmpeg, loud_ms, pyav
from tests.tape.writer import SILENCE, File, beep, note, opus, quiet
from voxhall.tape import Decoder, Tape, ogg
from voxhall.tape.folders import tape_folder


def test_a_checksum_is_that_of_rfc_3533() -> None:
    def slow(data: bytes) -> int:
        value = 0
        for byte in data:
            value ^= byte << 24
            for _ in range(8):
                value = ((value << 1) ^ 0x04C11DB7 if value & 0x8000_0000 else value << 1) & 0xFFFF_FFFF
        return value

    for length in (0, 1, 27, 300):
        data = random.Random(length).randbytes(length)
        assert ogg.checksum(data) == slow(data)


def test_segments_become_one_stream_with_silence_in_the_gap(tmp_path: Path) -> None:
    before = File(tmp_path / "mix.0001.ogg", segment=1, start=0)
    before.write(opus(quiet(0.4) + beep(0.2) + quiet(0.4)))
    before.tear()
    # The node was gone for 2.5 s.
    after = File(tmp_path / "mix.0002.ogg", segment=2, start=int(3.5 * 48_000))
    after.write(opus(quiet(0.5) + beep(0.2) + quiet(0.3)), last=True)
    note(tmp_path, "gap", 1_000, from_ms=1_000, to_ms=3_500, lost_ms=2_500, reason="node_restarted")
    tape = Tape(tmp_path)
    tape.refresh(is_complete=True)
    assert tape.duration_ms == pytest.approx(4_500, abs=40)
    assert [(gap.from_ms, gap.to_ms) for gap in tape.gaps] == [(1_000, 3_500)]
    audio = tape.mix_stream()
    data = audio.read(0, audio.size)
    assert len(data) == audio.size
    for samples in (pyav(data), ffmpeg(data)):
        assert len(samples) == tape.duration
        first, second = loud_ms(samples)
        assert list(first) == pytest.approx([400, 600], abs=15)
        assert list(second) == pytest.approx([4_000, 4_200], abs=15)


def test_a_track_begins_with_the_tape_and_ends_with_it(tmp_path: Path) -> None:
    File(tmp_path / "mix.0001.ogg", segment=1, start=0).write([SILENCE] * 250)
    # Spoke for half a second, two seconds in, and then no more.
    File(tmp_path / "pa_ben.0001.ogg", segment=1, start=2 * 48_000).write(opus(beep(0.5)))
    tape = Tape(tmp_path)
    tape.refresh(is_complete=True)
    assert tape.tracks == ["pa_ben"]
    voice = tape.track_stream("pa_ben")
    assert voice is not None
    for samples in (pyav(voice.read(0, voice.size)), ffmpeg(voice.read(0, voice.size))):
        assert len(samples) == 5 * 48_000
        [spoken] = loud_ms(samples)
        assert list(spoken) == pytest.approx([2_000, 2_500], abs=30)
    assert tape.track_stream("pa_nobody") is None


def test_what_was_read_while_it_grew_stands_there_afterwards(tmp_path: Path) -> None:
    """Three segments with torn ends, read at random places at every step."""
    chance = random.Random(4)
    tape, looked_at = Tape(tmp_path), []
    audio = tape.mix_stream()
    start = 0
    for segment in (1, 2, 3):
        file = File(tmp_path / f"mix.{segment:04}.ogg", segment=segment, start=start)
        for _ in range(12):
            file.write([chance.choice([SILENCE, b"\xf8" + chance.randbytes(90)]) for _ in range(10)])
            tape.refresh()
            at = chance.randrange(audio.size)
            looked_at.append((at, audio.read(at, chance.randrange(1, 3_000))))
        file.tear()
        tape.refresh()
        start += (12 * 10 + chance.randrange(1, 400)) * 960
    tape.refresh(is_complete=True)
    whole = audio.read(0, audio.size)
    assert len(whole) == audio.size
    assert all(whole[at : at + len(seen)] == seen for at, seen in looked_at)
    # A reader that comes only now sees the very same bytes.
    late = Tape(tmp_path)
    late.refresh(is_complete=True)
    assert late.mix_stream().read(0, late.mix_stream().size) == whole
    found = list(ogg.pages(whole))
    assert sum(page.size for page in found) == len(whole)
    assert [page.flags for page in found] == [ogg.FIRST, *[0] * (len(found) - 2), ogg.LAST]


def test_growing_sound_is_followed_packet_by_packet(tmp_path: Path) -> None:
    tape = Tape(tmp_path)
    follower, decoder = tape.follow("pa_ben"), Decoder(rate_hz=16_000)
    assert follower.poll() == []
    file = File(tmp_path / "pa_ben.0001.ogg", segment=1, start=48_000)
    packets = opus(beep(1.0))
    heard, starts = b"", []
    for at in range(0, len(packets), 10):
        file.write(packets[at : at + 10])
        file.tear() if at + 10 >= len(packets) else None
        tape.refresh()
        new = follower.poll()
        assert [one.data for one in new] == packets[at : at + 10]
        starts += [one.start for one in new]
        heard += b"".join(decoder.decode(one.data) for one in new)
    assert starts == [48_000 - 312 + 960 * n for n in range(len(packets))]
    assert follower.poll() == []
    assert len(heard) / 2 / 16_000 == pytest.approx(len(packets) * 0.02, abs=0.03)
    File(tmp_path / "pa_ben.0002.ogg", segment=2, start=480_000).write(packets[:10])
    tape.refresh()
    assert follower.poll()[0].start == 480_000 - 312


def test_lines_of_the_log_are_read_when_they_are_whole(tmp_path: Path) -> None:
    def finished() -> bool:
        tape.refresh()
        return tape.is_finished

    tape = Tape(tmp_path)
    assert not finished()
    note(tmp_path, "event", 40, seq=3, name="participant_muted", data={})
    note(tmp_path, "finished", 90)
    with (tmp_path / "stage.jsonl").open("a") as file:
        file.write('{"kind": "segment", "segm')
    assert finished()
    assert [one["seq"] for one in tape.events()] == [3]
    with (tmp_path / "stage.jsonl").open("a") as file:
        file.write('ent": 2, "start": 0}\nnot json\n')
    assert not finished()


def test_damage_in_the_middle_ends_a_file_there(tmp_path: Path) -> None:
    File(tmp_path / "mix.0001.ogg", segment=1, start=0).write([SILENCE] * 50)
    path = tmp_path / "mix.0001.ogg"
    data = bytearray(path.read_bytes())
    data[-100] ^= 0xFF
    path.write_bytes(data)
    tape = Tape(tmp_path)
    tape.refresh()
    assert 0 < tape.duration < 50 * 960


@pytest.mark.parametrize("name", ["", "..", "sp_../x", "sp_" + "x" * 80, "us_1"])
def test_no_name_leads_out_of_the_folder_of_tapes(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not the id"):
        tape_folder(tmp_path, name)
