"""What nobody said is left out, and what somebody says again and again is not."""

import pytest

from voxhall.speech.doubt import believed, is_guess, without_loops
from voxhall.speech.engine import Phrase, Word


def words(text: str, probability: float = 0.8, each_s: float = 0.3) -> tuple[Word, ...]:
    return tuple(
        Word(word, number * each_s, (number + 1) * each_s, probability) for number, word in enumerate(text.split())
    )


def text(found: list[Word]) -> str:
    return " ".join(word.text for word in found)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Thank you. " * 7, "Thank you."),
        ("so " + "and then I went home, " * 4 + "and slept", "so and then I went home, and slept"),
        ("I " * 20, "I"),
    ],
)
def test_a_loop_is_kept_once(said: str, kept: str) -> None:
    assert text(without_loops(words(said))) == kept


@pytest.mark.parametrize(
    "said",
    [
        "No, no, no, no!",
        "Try again. Fail again. Fail better.",
        "It was the best of times, it was the worst of times, it was the age of wisdom",
        "bye bye bye bye",
    ],
)
def test_people_may_repeat_themselves(said: str) -> None:
    assert text(without_loops(words(said))) == " ".join(said.split())


@pytest.mark.parametrize(
    ("phrase", "why"),
    [
        (Phrase((), -0.1, 0.1), "nothing"),
        (Phrase(words("Thanks for watching!"), -1.3, 0.1), "improbable as a whole"),
        (Phrase(words("Thanks for watching!"), -0.8, 0.9), "improbable, and probably no speech"),
        (Phrase(words("la la la", probability=0.2), -0.5, 0.1), "improbable word by word"),
        (Phrase(words("one two three four five six", each_s=0.05), -0.3, 0.1), "faster than anybody speaks"),
    ],
)
def test_a_guess_is_not_believed(phrase: Phrase, why: str) -> None:
    assert is_guess(phrase), why
    assert believed([phrase, Phrase(words("Good evening."), -0.3, 0.1)]) == words("Good evening.")
