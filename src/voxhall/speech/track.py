"""One speaker's track on its way to words: in step with the tape, in their language, nothing twice."""

from typing import TYPE_CHECKING

from voxhall.speech.activity import FRAME_SAMPLES, VoiceActivity
from voxhall.speech.chunks import Chunk, Chunker, joined
from voxhall.speech.doubt import believed
from voxhall.speech.engine import RATE_HZ, Engine, Word

if TYPE_CHECKING:
    from voxhall.speech.engine import Samples

# What was said longer ago than this is no context.
CONTEXT_S = 30.0
# With so much speech heard, the language is settled.
LANGUAGE_SETTLED_S = 25.0
# Below this the space's own language is the better guess.
LANGUAGE_SURE = 0.6


class Ears:
    """Cuts a track into chunks as its sound comes. Positions are samples at 16 kHz since the track began."""

    def __init__(self, start: int = 0) -> None:
        self._activity = VoiceActivity()
        self._chunker = Chunker(start)
        self._rest: list[Samples] = []
        self._rest_samples = 0
        self._is_after_silence = False

    @property
    def settled(self) -> int:
        return self._chunker.settled

    def hear(self, samples: "Samples") -> list[Chunk]:
        frames = self._whole_frames(samples)
        if not len(frames):
            return []
        if not frames.any():
            # Silence that the tape itself put in: nobody needs to look at it.
            self._is_after_silence = True
            return self._chunker.feed(frames, [0.0] * (len(frames) // FRAME_SAMPLES))
        if self._is_after_silence:
            self._activity.forget()
            self._is_after_silence = False
        return self._chunker.feed(frames, self._activity.probabilities(frames))

    def end(self) -> list[Chunk]:
        import numpy as np

        chunks = self.hear(np.zeros(FRAME_SAMPLES - self._rest_samples, np.float32)) if self._rest_samples else []
        last = self._chunker.flush()
        return [*chunks, last] if last else chunks

    def _whole_frames(self, samples: "Samples") -> "Samples":
        import numpy as np

        together = np.concatenate([*self._rest, samples]) if self._rest else samples
        whole = len(together) - len(together) % FRAME_SAMPLES
        rest = together[whole:]
        self._rest, self._rest_samples = ([rest] if len(rest) else []), len(rest)
        return together[:whole]


class Voice:
    """What is known of a speaker from chunk to chunk, so that the next is understood better.

    `hint` is the space's language, as its host said it; `settled_language` what an earlier worker found out.
    """

    def __init__(self, hint: str | None = None, *, settled_language: str | None = None) -> None:
        self._hint, self._settled = hint, settled_language
        self._odds: dict[str, float] = {}
        self._heard_s = 0.0
        self._context, self._context_end = "", 0

    def understand(self, engine: Engine, chunk: Chunk) -> tuple[str, list[tuple[Word, int, int]]]:
        """The language, and each word with its begin and end on the track."""
        samples = joined(chunk)
        language = self._language_of(engine, samples, chunk.seconds)
        is_continued = chunk.pieces[0].start - self._context_end < CONTEXT_S * RATE_HZ
        words = believed(engine.transcribe(samples, language, self._context if is_continued else ""))
        # A loop must not be the next chunk's context: whisper would go on with it.
        self._context, self._context_end = " ".join(word.text for word in words), chunk.end
        return language, [(word, chunk.position_of(word.start_s), chunk.position_of(word.end_s)) for word in words]

    def _language_of(self, engine: Engine, samples: "Samples", seconds: float) -> str:
        known = engine.languages
        if len(known) == 1:
            return next(iter(known))
        if self._settled in known:
            return self._settled
        for name, probability in engine.detect_language(samples).items():
            self._odds[name] = self._odds.get(name, 0.0) + probability * seconds
        self._heard_s += seconds
        best = max(self._odds, key=lambda name: self._odds[name])
        hint = (self._hint or "").partition("-")[0].lower()
        if self._odds[best] / self._heard_s < LANGUAGE_SURE and hint in known:
            best = hint
        if self._heard_s >= LANGUAGE_SETTLED_S:
            self._settled = best
        return best
