"""Where a track may be cut: at pauses, late enough to have context and early enough to be soon on the page.

Pure but for the samples it passes on. Positions are samples at 16 kHz since the track began.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voxhall.speech.activity import FRAME_SAMPLES
from voxhall.speech.engine import MOST_S, RATE_HZ

if TYPE_CHECKING:
    from voxhall.speech.engine import Samples

FRAME_S = FRAME_SAMPLES / RATE_HZ
# Silero's own figures: speech begins above the one and lasts until it falls below the other.
BEGINS_ABOVE = 0.5
LASTS_ABOVE = 0.35
# A shorter silence is within a word. Longer joins what is said in two breaths, and more of the silence is looked at.
PAUSE_FRAMES = 12
# Shorter is a click, a cough or a breath, and invites inventions.
LEAST_SPEECH_FRAMES = 7
# Kept on both sides of speech: consonants are quiet.
MARGIN_FRAMES = 8
# At this much speech the next pause closes a chunk. More context finds a little more; the page waits longer.
ENOUGH_S = 18.0
# Beyond this it is cut where speech is least probable among the last frames.
TOO_MUCH_S = 27.0
# After this silence a chunk with a sentence in it is closed; one with less waits for company: each costs a pass.
SILENCE_S = 2.0
SENTENCE_S = 4.0
LONGEST_WAIT_S = 8.0


@dataclass(frozen=True, slots=True)
class Piece:
    """Speech with its margins: where it is on the track, and its samples."""

    start: int
    samples: "Samples"

    @property
    def end(self) -> int:
        return self.start + len(self.samples)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is transcribed at once. `end` is up to where the track is settled with it."""

    pieces: tuple[Piece, ...]
    end: int

    @property
    def seconds(self) -> float:
        return sum(len(piece.samples) for piece in self.pieces) / RATE_HZ

    def position_of(self, at_s: float) -> int:
        """Where on the track a time within the joined samples of all pieces is."""
        at = round(at_s * RATE_HZ)
        for piece in self.pieces:
            if at <= len(piece.samples):
                return piece.start + max(at, 0)
            at -= len(piece.samples)
        return self.pieces[-1].end


@dataclass
class _Frames:
    """Since the end of the last piece: the samples, and how probable speech is in each frame."""

    start: int
    samples: list["Samples"] = field(default_factory=list)
    probabilities: list[float] = field(default_factory=list)


class Chunker:
    """Fed with frames in their order; gives chunks as soon as they may be closed."""

    def __init__(self, start: int = 0) -> None:
        self._frames = _Frames(start)
        self._pieces: list[Piece] = []
        # In frames of `_frames`: where speech began, and where it was heard last.
        self._began: int | None = None
        self._heard = 0

    @property
    def settled(self) -> int:
        """Up to here nothing is waiting."""
        if self._pieces:
            return self._pieces[0].start
        first = self._began if self._began is not None else len(self._frames.probabilities)
        return self._frames.start + max(first - MARGIN_FRAMES, 0) * FRAME_SAMPLES

    def feed(self, samples: "Samples", probabilities: list[float]) -> list[Chunk]:
        closed: list[Chunk] = []
        for number, probability in enumerate(probabilities):
            self._frames.samples.append(samples[number * FRAME_SAMPLES : (number + 1) * FRAME_SAMPLES])
            self._frames.probabilities.append(probability)
            if chunk := self._look(probability):
                closed.append(chunk)
        return closed

    def flush(self) -> Chunk | None:
        """The track ends here."""
        if self._began is not None:
            self._close_piece(len(self._frames.probabilities))
        return self._close_chunk()

    def _look(self, probability: float) -> Chunk | None:
        now = len(self._frames.probabilities)
        if self._began is None:
            if probability >= BEGINS_ABOVE:
                self._began, self._heard = now - 1, now
                return None
            self._forget_silence()
            return self._close_chunk() if self._is_silent_enough() else None
        if probability >= LASTS_ABOVE:
            self._heard = now
        elif now - self._heard >= PAUSE_FRAMES:
            self._close_piece(min(self._heard + MARGIN_FRAMES, now))
            return self._close_chunk() if self._speech_s() >= ENOUGH_S else None
        if self._speech_s() + (now - self._began) * FRAME_S >= TOO_MUCH_S:
            self._close_piece(self._best_cut(now))
            return self._close_chunk()
        return None

    def _speech_s(self) -> float:
        return sum(len(piece.samples) for piece in self._pieces) / RATE_HZ

    def _is_silent_enough(self) -> bool:
        if not self._pieces:
            return False
        silence_s = (
            self._frames.start + len(self._frames.probabilities) * FRAME_SAMPLES - self._pieces[-1].end
        ) / RATE_HZ
        return silence_s >= (SILENCE_S if self._speech_s() >= SENTENCE_S else LONGEST_WAIT_S)

    def _best_cut(self, now: int) -> int:
        """The frame in the last third in which speech is least probable."""
        begin = max((self._began or 0) + 1, now - round(TOO_MUCH_S / 3 / FRAME_S))
        probabilities = self._frames.probabilities
        return min(range(begin, now), key=lambda frame: probabilities[frame])

    def _close_piece(self, end: int) -> None:
        """Take the speech up to this frame out of the frames; what is too short is dropped."""
        if self._began is None:
            return
        begin = max(self._began - MARGIN_FRAMES, 0)
        spoken = sum(one >= BEGINS_ABOVE for one in self._frames.probabilities[self._began : end])
        if spoken >= LEAST_SPEECH_FRAMES:
            self._pieces.append(
                Piece(self._frames.start + begin * FRAME_SAMPLES, _joined(self._frames.samples[begin:end]))
            )
        was_cut = end < self._heard
        self._drop(end)
        self._began, self._heard = (0, len(self._frames.probabilities)) if was_cut else (None, 0)

    def _close_chunk(self) -> Chunk | None:
        if not self._pieces:
            return None
        chunk = Chunk(tuple(self._pieces), self._pieces[-1].end)
        self._pieces = []
        return chunk

    def _forget_silence(self) -> None:
        if len(self._frames.probabilities) > 4 * MARGIN_FRAMES:
            self._drop(len(self._frames.probabilities) - MARGIN_FRAMES)

    def _drop(self, frames: int) -> None:
        self._frames.start += frames * FRAME_SAMPLES
        del self._frames.samples[:frames], self._frames.probabilities[:frames]


def joined(chunk: Chunk) -> "Samples":
    samples = _joined([piece.samples for piece in chunk.pieces])
    return samples[: int(MOST_S * RATE_HZ)]


def _joined(parts: list["Samples"]) -> "Samples":
    import numpy as np

    return np.concatenate(parts) if len(parts) != 1 else parts[0]
