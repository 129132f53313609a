"""The seam to what recognises speech. Times are seconds within the samples that were given."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

# Of the samples an engine takes: mono, between -1 and 1.
RATE_HZ = 16_000
# No engine is given more at once: it is what whisper looks at.
MOST_S = 30.0


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its punctuation, without spaces around it."""

    text: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that the engine took for one piece, and how sure it was of them."""

    words: tuple[Word, ...]
    # Mean logarithm of the tokens' probabilities: 0 is certain, below -1 is guessing.
    confidence: float
    # 0 to 1: that there is no speech at all.
    no_speech: float


class Engine(Protocol):
    """Not to be used by two threads at once."""

    @property
    def languages(self) -> frozenset[str]: ...

    def detect_language(self, samples: "Samples") -> dict[str, float]:
        """How probable each language is."""
        ...

    def transcribe(self, samples: "Samples", language: str, context: str) -> list[Phrase]:
        """What is said in at most `MOST_S`; `context` is what the same person said just before, or empty."""
        ...
