"""Tones into files and buffers, and what a written file holds."""

import math
import struct
import wave
from dataclasses import dataclass
from pathlib import Path

import av

RATE_HZ = 48_000
FRAME = 960


def tone(seconds: float, hz: float = 440.0, amplitude: int = 8000) -> bytes:
    """48 kHz mono samples of 16 bit."""
    count = int(seconds * RATE_HZ)
    return struct.pack(f"<{count}h", *(int(amplitude * math.sin(math.tau * hz * n / RATE_HZ)) for n in range(count)))


def write_tone(path: Path, seconds: float, rate_hz: int = RATE_HZ) -> Path:
    """A WAV file at any rate."""
    count = int(seconds * rate_hz)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        samples = (int(8000 * math.sin(math.tau * 440 * n / rate_hz)) for n in range(count))
        file.writeframes(struct.pack(f"<{count}h", *samples))
    return path


@dataclass(frozen=True)
class Heard:
    """A decoded file: its codec, its length, and how loud each 20 ms are (0 to 1)."""

    codec: str
    seconds: float
    levels: list[float]

    def loud_seconds(self) -> float:
        return sum(level > 0.02 for level in self.levels) * FRAME / RATE_HZ


def heard(path: Path) -> Heard:
    with av.open(str(path), mode="r") as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        pieces = [piece for frame in [*container.decode(stream), None] for piece in resampler.resample(frame)]
        data = b"".join(bytes(piece.planes[0])[: piece.samples * 2] for piece in pieces)
        codec = stream.codec_context.name
    samples = struct.unpack(f"<{len(data) // 2}h", data)
    levels = [
        math.sqrt(sum(sample**2 for sample in samples[start : start + FRAME]) / FRAME) / 32768
        for start in range(0, len(samples), FRAME)
    ]
    return Heard(codec, len(samples) / RATE_HZ, levels)
