"""How well words were found: the word error rate, and whether they stand under the right name."""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from tests.journeys.speech import words_of


def word_errors(spoken: Sequence[str], found: Sequence[str]) -> float:
    """Insertions, deletions and substitutions over the words spoken (Levenshtein)."""
    row = list(range(len(found) + 1))
    for number, word in enumerate(spoken, start=1):
        previous, row[0] = row[0], number
        for at, other in enumerate(found, start=1):
            previous, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, previous + (word != other))
    return row[-1] / max(1, len(spoken))


def errors_by_speaker(spoken: Mapping[str, str], transcript: Mapping[str, object]) -> dict[str, float]:
    """The word error rate of each, from the JSON format; words under a wrong name are errors of both."""
    found = words_by_speaker(transcript)
    return {name: word_errors(words_of(text), found.get(name, [])) for name, text in spoken.items()}


def words_by_speaker(transcript: Mapping[str, object]) -> dict[str, list[str]]:
    segments = transcript["segments"]
    assert isinstance(segments, list)
    found: dict[str, list[str]] = {}
    for segment in segments:
        found.setdefault(segment["speaker"], []).extend(words_of(segment["body"]))
    return found


def names_right(spoken: Mapping[str, Sequence[str]], found: Mapping[str, Sequence[str]]) -> float:
    """Of the words that were found, the share under the name of whoever said them.

    A word is under a wrong name when it is none of that person's and fills what is missing of another's.
    """
    missing, strange, right = {}, {}, 0
    for name, words in spoken.items():
        heard = found.get(name, [])
        blocks = SequenceMatcher(None, words, heard, autojunk=False).get_matching_blocks()
        right += sum(block.size for block in blocks)
        said = {at for block in blocks for at in range(block.a, block.a + block.size)}
        ours = {at for block in blocks for at in range(block.b, block.b + block.size)}
        missing[name] = [word for at, word in enumerate(words) if at not in said]
        strange[name] = [word for at, word in enumerate(heard) if at not in ours]
    wrong = sum(
        block.size
        for name, words in strange.items()
        for other, missed in missing.items()
        if other != name
        for block in SequenceMatcher(None, words, missed, autojunk=False).get_matching_blocks()
    )
    return right / max(1, right + wrong)
