"""Writes tapes by docs/tape.md alone, so that the reader is held to the page and not to the node that ships with it."""

import json
import math
import struct
from array import array
from collections.abc import Sequence
from pathlib import Path

import av

from voxhall.tape import ogg

FRAME = 960
SILENCE = b"\xf8\xff\xfe"


def opus(pcm: Sequence[int]) -> list[bytes]:
    """Packets of 20 ms from 48 kHz samples; the last frame is filled up."""
    encoder = av.AudioCodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = 48_000, "mono", "s16", 32_000
    packets: list[bytes] = []
    padded = array("h", list(pcm) + [0] * (-len(pcm) % FRAME))
    for at in range(0, len(padded), FRAME):
        frame = av.AudioFrame(format="s16", layout="mono", samples=FRAME)
        frame.sample_rate = 48_000
        frame.planes[0].update(padded[at : at + FRAME].tobytes())
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets + [bytes(packet) for packet in encoder.encode(None)]


def beep(seconds: float, hertz: float = 1_000.0) -> list[int]:
    return [int(12_000 * math.sin(2 * math.pi * hertz * n / 48_000)) for n in range(int(seconds * 48_000))]


def quiet(seconds: float) -> list[int]:
    return [0] * int(seconds * 48_000)


class File:
    """One Ogg file of a tape, a page for every ten packets."""

    def __init__(self, path: Path, *, segment: int, start: int) -> None:
        self.path = path
        self._number, self._granule = 0, 0
        head = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, 312, 48_000, 0, 0)
        told = [f"VOXHALL_START={start}", f"VOXHALL_SEGMENT={segment}", "VOXHALL_SPACE=sp_1"]
        lines = b"".join(struct.pack("<I", len(one.encode())) + one.encode() for one in told)
        tags = b"OpusTags" + struct.pack("<I", 4) + b"test" + struct.pack("<I", len(told)) + lines
        self._page([head], flags=ogg.FIRST)
        self._page([tags])

    def write(self, packets: Sequence[bytes], *, last: bool = False) -> None:
        for at in range(0, len(packets), 10):
            page = packets[at : at + 10]
            self._granule += FRAME * len(page)
            self._page(page, flags=ogg.LAST if last and at + 10 >= len(packets) else 0)

    def tear(self) -> None:
        """Half a page more, as a killed writer leaves it."""
        whole = ogg.page([SILENCE] * 10, serial=7, number=self._number, granule=self._granule + 10 * FRAME)
        with self.path.open("ab") as file:
            file.write(whole[: len(whole) // 2])

    def _page(self, packets: Sequence[bytes], flags: int = 0) -> None:
        with self.path.open("ab") as file:
            file.write(ogg.page(packets, serial=7, number=self._number, granule=self._granule, flags=flags))
        self._number += 1


def note(folder: Path, kind: str, at_ms: int, **fields: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    line = {"kind": kind, "at_ms": at_ms, "wall": "2026-11-22T19:00:00.000Z", **fields}
    with (folder / "stage.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
