"""Two decoders that share no code: PyAV (FFmpeg's own Opus), and opusdec (libopus and libogg)."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

FRAME_MS = 20
SILENCE = b"\xf8\xff\xfe"
Sound = npt.NDArray[np.int16]


def by_ffmpeg(path: Path) -> Sound:
    with av.open(str(path), mode="r") as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        frames = [*container.decode(container.streams.audio[0]), None]
        pieces = [piece.to_ndarray()[0] for frame in frames for piece in resampler.resample(frame)]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


def by_libopus(path: Path) -> Sound:
    command = ["opusdec", "--quiet", "--no-dither", "--rate", "48000", "--force-wav", str(path), "-"]
    decoded = subprocess.run(command, capture_output=True, check=True, timeout=30)
    # libopusfile says so when a page is torn or missing; what follows the last whole page is no page.
    assert b"hole" not in decoded.stderr.lower(), decoded.stderr
    data = decoded.stdout[decoded.stdout.index(b"data") + 8 :]
    return np.frombuffer(data[: len(data) // 2 * 2], np.int16)


def packets(path: Path) -> list[bytes]:
    """The Opus packets of a file as they lie there."""
    with av.open(str(path), mode="r") as container:
        return [bytes(packet) for packet in container.demux(container.streams.audio[0]) if packet.size]


def lost_ms(mix: Path, heard: Iterable[bytes]) -> int:
    """How much of what was heard is missing at the end of the file; all before it is there in order, byte for byte."""
    # What is not in the file reads it to its end: a packet that is missing in the middle costs all that follow it.
    written = iter(packets(mix))
    sound = [payload for payload in heard if len(payload) > len(SILENCE)]
    found = sum(payload in written for payload in sound)
    assert found > 10
    return (len(sound) - found) * FRAME_MS
