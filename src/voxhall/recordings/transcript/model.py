"""A transcript as a value: segments of one speaker each, in the order in which they begin, in tape time. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from voxhall.errors import JsonObject
from voxhall.kit.text import WITHOUT_SPACES

# A silence within a person's words that begins a new segment.
SEGMENT_PAUSE_MS = 1_000
# From so long on a segment ends at the next comma or breath, and in any case when it would be longer than the other.
SEGMENT_LONG_MS = 8_000
BREATH_MS = 250
SEGMENT_MOST_MS = 15_000
SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！", "؟", "।")
CLAUSE_ENDS = (",", ";", ":", "、", "，", "،")
# A sentence of one word ("Yes.") is no segment of its own when more follows at once.
SENTENCE_LEAST_WORDS = 3
SOMEBODY = "Somebody"


class TranscriptState(StrEnum):
    PENDING = "pending"
    LIVE = "live"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SaidWord:
    text: str
    start_ms: int
    end_ms: int
    probability: float


@dataclass(frozen=True, slots=True)
class Segment:
    participant: str
    language: str
    words: tuple[SaidWord, ...]

    @property
    def start_ms(self) -> int:
        return self.words[0].start_ms

    @property
    def end_ms(self) -> int:
        return self.words[-1].end_ms

    @property
    def body(self) -> str:
        return text_of(self.words, self.language)


@dataclass(frozen=True, slots=True)
class Transcript:
    """`names` are the speakers' names by participant."""

    segments: tuple[Segment, ...]
    names: Mapping[str, str]

    @property
    def language(self) -> str | None:
        """The one in which most was said."""
        spoken: dict[str, int] = {}
        for segment in self.segments:
            spoken[segment.language] = spoken.get(segment.language, 0) + len(segment.words)
        return max(spoken, key=lambda language: spoken[language]) if spoken else None

    def speaker(self, segment: Segment) -> str:
        return self.names.get(segment.participant, SOMEBODY)


def text_of(words: Iterable[SaidWord], language: str) -> str:
    return ("" if language in WITHOUT_SPACES else " ").join(word.text for word in words)


def segments_of(participant: str, language: str, words: Sequence[SaidWord]) -> list[Segment]:
    """One person's words, cut after sentences and at pauses."""
    segments: list[Segment] = []
    run: list[SaidWord] = []
    for word in in_order(words):
        if run and _is_cut_between(run, word):
            segments.append(Segment(participant, language, tuple(run)))
            run = []
        run.append(word)
    return [*segments, Segment(participant, language, tuple(run))] if run else segments


def in_order(words: Sequence[SaidWord]) -> list[SaidWord]:
    """The same words with times that never go back and never stand still: players and parsers insist on it."""
    ordered: list[SaidWord] = []
    earliest_ms = 0
    for word in words:
        start_ms = max(word.start_ms, earliest_ms)
        end_ms = max(word.end_ms, start_ms + 10)
        ordered.append(SaidWord(word.text, start_ms, end_ms, word.probability))
        earliest_ms = start_ms + 1
    return ordered


def _is_cut_between(run: Sequence[SaidWord], word: SaidWord) -> bool:
    pause_ms = word.start_ms - run[-1].end_ms
    length_ms = word.end_ms - run[0].start_ms
    if pause_ms >= SEGMENT_PAUSE_MS or length_ms > SEGMENT_MOST_MS:
        return True
    if length_ms > SEGMENT_LONG_MS and (pause_ms >= BREATH_MS or run[-1].text.endswith(CLAUSE_ENDS)):
        return True
    return len(run) >= SENTENCE_LEAST_WORDS and run[-1].text.endswith(SENTENCE_ENDS)


def words_as_json(words: Iterable[SaidWord]) -> list[JsonObject]:
    """As they are stored and sent over the internal link."""
    return [{"t": word.text, "s": word.start_ms, "e": word.end_ms, "p": word.probability} for word in words]


def words_from_json(items: Iterable[object]) -> tuple[SaidWord, ...]:
    found: list[SaidWord] = []
    for item in items:
        match item:
            case {"t": str(text), "s": int(start_ms), "e": int(end_ms), "p": (int() | float()) as probability}:
                found.append(SaidWord(text, start_ms, end_ms, float(probability)))
            case _:
                raise ValueError("this is not a word of a transcript")
    return tuple(found)
