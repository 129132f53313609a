"""faster-whisper as an engine: CTranslate2 on the processor, 8-bit weights."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from voxhall.speech.engine import Phrase, Word

if TYPE_CHECKING:
    from voxhall.speech.engine import Samples

# Wider finds a little more and costs in proportion.
BEAM_SIZE = 5
# The next is tried when the words repeat themselves or are guesses; each costs a whole pass and mends little.
TEMPERATURES = (0.0, 0.4, 0.8)
# Text that packs better than this is a loop (Radford et al. 2022, §4.5).
MOST_COMPRESSED = 2.4
# Whisper's prompt holds 224 tokens; what was said longest ago helps least.
CONTEXT_CHARS = 200


class Whisper:
    """Loads in about a second and holds about 200 MB with the base model."""

    def __init__(self, folder: Path, threads: int) -> None:
        from faster_whisper import WhisperModel

        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads)

    @property
    def languages(self) -> frozenset[str]:
        return frozenset(self._model.supported_languages)

    def detect_language(self, samples: "Samples") -> dict[str, float]:
        if not self._model.model.is_multilingual:
            return {"en": 1.0}
        _, _, every = self._model.detect_language(samples)
        return dict(every)

    def transcribe(self, samples: "Samples", language: str, context: str) -> list[Phrase]:
        segments, _ = self._model.transcribe(
            samples,
            language=language,
            beam_size=BEAM_SIZE,
            temperature=TEMPERATURES,
            compression_ratio_threshold=MOST_COMPRESSED,
            # Each piece stands for itself; what came before is in the prompt, and a loop there ends with the piece.
            condition_on_previous_text=False,
            initial_prompt=context[-CONTEXT_CHARS:] or None,
            word_timestamps=True,
            vad_filter=False,
        )
        return [
            Phrase(
                words=tuple(
                    Word(word.word.strip(), float(word.start), float(word.end), round(float(word.probability), 3))
                    for word in segment.words or ()
                    if word.word.strip()
                ),
                confidence=float(segment.avg_logprob) if math.isfinite(segment.avg_logprob) else -10.0,
                no_speech=float(segment.no_speech_prob),
            )
            for segment in segments
        ]
