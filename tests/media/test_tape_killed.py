"""`kill -9` of the media node at random moments: what was heard is on the tape but for the last moment, and plays.

`VOXHALL_TAPE_KILLS` makes it more; `benchmarks/tape.py` does it a hundred times.
"""

import asyncio
import os
import random
import time
from pathlib import Path
from typing import Any

from tests.media.decoders import Sound, by_ffmpeg, by_libopus, lost_ms, packets
from tests.media.node_process import SPACE, Node, Voice, lines, log_of, running_node
from voxhall.media import _core

KILLS = int(os.environ.get("VOXHALL_TAPE_KILLS", "10"))
FRAME_MS = 20
FRAME = 960
LOST_MS = 1_000
SPEAKER = "pa_ana"
# Half a second, so that there is something to lose.
ENOUGH_PACKETS = 25
# How far the decoders' delays differ at most, in samples.
LAG = 16


async def test_whatever_kills_the_node_costs_a_moment_and_the_tape_goes_on_with_the_gap_marked(tmp_path: Path) -> None:
    dice = random.Random(KILLS)
    tape = tmp_path / "tapes" / SPACE
    lost, down_s, killed_at = [], [], 0.0
    for number in range(1, KILLS + 1):
        async with running_node(tmp_path) as node:
            place = await node.record()
            assert place["segment"] == number
            if killed_at:
                down_s.append(time.monotonic() - killed_at)
            heard = await _heard_until_killed(node, dice.uniform(0.0, 1.0))
            killed_at = time.monotonic()
        lost.append(lost_ms(tape / f"mix.{number:04}.ogg", heard))
        for file in (f"mix.{number:04}.ogg", f"{SPEAKER}.{number:04}.ogg"):
            _plays(tape / file, dice)
    print(f"\ntape: {KILLS} kills, {max(lost)} ms lost at most, {sum(lost) / len(lost):.0f} ms on average")
    assert max(lost) <= LOST_MS
    async with running_node(tmp_path) as node:
        await node.record()
        await node.ask("close_space", space=SPACE)
        finished = await node.until("tape_finished")
    log = log_of(tape)
    assert [line["segment"] for line in lines(log, "segment")] == list(range(1, KILLS + 2))
    _gaps_are_as_long_as_it_was_down(lines(log, "gap"), down_s)
    assert lines(log, "finished")[-1]["at_ms"] == finished["duration_ms"]


async def _heard_until_killed(node: Node, after_s: float) -> list[bytes]:
    """What a listener got of a tone until the node was killed."""
    publisher, subscriber = _core.Publisher(), _core.Subscriber()
    await node.connect(publisher, SPEAKER, csrc=7)
    await node.connect(subscriber, "pa_cleo")
    voice = Voice(publisher, 440)
    try:
        heard: list[_core.Packet] = []
        while len(heard) < ENOUGH_PACKETS:
            heard += await asyncio.to_thread(subscriber.receive, 5.0)
        await asyncio.sleep(after_s)
        node.kill()
        await node.process.wait()
        heard += await asyncio.to_thread(subscriber.receive, 0.2)
    finally:
        voice.stop()
        publisher.close()
        subscriber.close()
    return [packet.payload for packet in heard]


def _plays(path: Path, dice: random.Random) -> None:
    """Unrepaired, in both decoders, and any shorter copy plays the same as far as it goes."""
    shorter = path.with_suffix(".part")
    content = path.read_bytes()
    pages = [at for at in range(len(content)) if content.startswith(b"OggS", at)]
    # Two pages are headers, and one has to be sound; a node that died at once has written no more than that.
    shorter.write_bytes(content[: dice.randrange(pages[3], len(content)) if len(pages) > 3 else None])
    for decode in (by_ffmpeg, by_libopus):
        whole, part = decode(path), decode(shorter)
        assert 0 < len(part) <= len(whole)
        # The last packet of a file that does not say that it ends is held back by FFmpeg's filter, and faded.
        assert (part[:-FRAME] == whole[: len(part) - FRAME]).all(), decode.__name__
    # A mix has lone bytes too, between silences.
    is_guessed = not path.name.startswith("mix") and any(len(packet) == 1 for packet in packets(path))
    _agree(by_ffmpeg(path), by_libopus(path), is_guessed=is_guessed)
    shorter.unlink()


def _agree(one: Sound, other: Sound, *, is_guessed: bool) -> None:
    """On its length, and where nothing was lost on what is heard; their filters differ by a few samples of delay."""
    assert abs(len(one) - len(other)) <= FRAME, (len(one), len(other))
    if is_guessed:
        return
    length = min(len(one), len(other)) - LAG
    middle = one[LAG:length].astype(float)
    differences = [middle - other[LAG + lag : length + lag] for lag in range(-LAG, LAG + 1)]
    error = min(float((difference**2).mean()) ** 0.5 for difference in differences)
    assert error < 0.02 * float(abs(middle).max()), error


def _gaps_are_as_long_as_it_was_down(gaps: list[dict[str, Any]], down_s: list[float]) -> None:
    assert {gap["reason"] for gap in gaps} == {"node_restarted"}
    for gap, seconds in zip(gaps, down_s, strict=False):
        assert gap["to_ms"] - gap["from_ms"] == gap["lost_ms"] // FRAME_MS * FRAME_MS
        # What was lost before the kill is part of the gap.
        assert -50 <= gap["lost_ms"] - seconds * 1000 <= LOST_MS + 500, (gap, seconds)
