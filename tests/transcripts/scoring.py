"""How well words were found: the word error rate, and whether they stand under the right name."""

from collections.abc import Mapping, Sequence

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
