"""What a recogniser wrote that nobody said: guesses over noise, and loops. Pure."""

import re
from collections.abc import Sequence

from voxhall.speech.engine import Phrase, Word

# A phrase is a guess when its tokens are this improbable, or a little less where no speech is probable as well
# (the second pair is whisper's own rule).
GUESSED_BELOW = -1.1
DOUBTED_BELOW = -0.7
NO_SPEECH_ABOVE = 0.6
# Words that are all improbable are music, laughter or a cough spelled out.
MEAN_PROBABILITY = 0.35
# Nobody says more in a second for long; a recogniser that invents does.
MOST_WORDS_PER_S = 9.0
# Said this often in a row it is a loop, and once is kept. Single words may be said more often: "no, no, no, no".
LOOP_OF_PHRASE = 3
LOOP_OF_WORD = 6
LONGEST_LOOP_WORDS = 16

_MARKS = re.compile(r"[^\w']+")


def believed(phrases: Sequence[Phrase]) -> tuple[Word, ...]:
    """The words of the phrases that are no guess, without loops."""
    words = [word for phrase in phrases if not is_guess(phrase) for word in phrase.words]
    return tuple(without_loops(words))


def is_guess(phrase: Phrase) -> bool:
    if not phrase.words:
        return True
    if phrase.confidence < GUESSED_BELOW:
        return True
    if phrase.no_speech > NO_SPEECH_ABOVE and phrase.confidence < DOUBTED_BELOW:
        return True
    if sum(word.probability for word in phrase.words) / len(phrase.words) < MEAN_PROBABILITY:
        return True
    seconds = phrase.words[-1].end_s - phrase.words[0].start_s
    return len(phrase.words) >= 5 and len(phrase.words) > MOST_WORDS_PER_S * max(seconds, 0.1)


def without_loops(words: Sequence[Word]) -> list[Word]:
    """A run of words that follows itself again and again is kept once."""
    kept: list[Word] = []
    at = 0
    while at < len(words):
        length, times = _loop_at(words, at)
        kept += words[at : at + length]
        at += length * times
    return kept


def _loop_at(words: Sequence[Word], at: int) -> tuple[int, int]:
    """(words, times) of the loop that begins here; (1, 1) when none does."""
    for length in range(1, LONGEST_LOOP_WORDS + 1):
        times = 1
        while _said(words, at, length) == _said(words, at + times * length, length):
            times += 1
        if times >= (LOOP_OF_WORD if length == 1 else LOOP_OF_PHRASE if length >= 3 else LOOP_OF_WORD):
            return length, times
    return 1, 1


def _said(words: Sequence[Word], at: int, length: int) -> list[str]:
    return [_MARKS.sub("", word.text.lower()) for word in words[at : at + length]]
