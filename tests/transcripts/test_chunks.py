"""Where a track is cut, from how probable speech is in each frame."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voxhall.speech.activity import FRAME_SAMPLES
from voxhall.speech.chunks import TOO_MUCH_S, Chunk, Chunker
from voxhall.speech.engine import MOST_S, RATE_HZ

Stretch = tuple[float, float]


def chunks_of(*stretches: Stretch, start: int = 0) -> tuple[list[Chunk], Chunker]:
    """Each stretch is so many seconds of this probability; its samples tell where they are."""
    chunker = Chunker(start)
    found: list[Chunk] = []
    at = start
    for seconds, probability in stretches:
        for _ in range(round(seconds * RATE_HZ / FRAME_SAMPLES)):
            found += chunker.feed(np.arange(at, at + FRAME_SAMPLES, dtype=np.float32), [probability])
            at += FRAME_SAMPLES
    return found, chunker


def begins_and_ends(chunk: Chunk) -> list[tuple[float, float]]:
    return [(round(piece.start / RATE_HZ, 1), round(piece.end / RATE_HZ, 1)) for piece in chunk.pieces]


def test_a_sentence_and_two_seconds_of_silence_are_a_chunk() -> None:
    found, _ = chunks_of((3.0, 0.0), (5.0, 0.9), (2.5, 0.0))
    # With a quarter of a second on each side.
    assert [begins_and_ends(chunk) for chunk in found] == [[(2.8, 8.3)]]


def test_one_word_waits_for_company_because_each_chunk_costs_a_pass() -> None:
    found, _ = chunks_of((1.0, 0.0), (0.5, 0.9), (5.0, 0.0), (5.0, 0.9), (2.5, 0.0))
    assert [len(chunk.pieces) for chunk in found] == [2]
    found, _ = chunks_of((1.0, 0.0), (0.5, 0.9), (8.5, 0.0))
    assert [len(chunk.pieces) for chunk in found] == [1]


def test_who_speaks_on_and_on_is_cut_at_a_pause_and_without_one_where_speech_is_least_probable() -> None:
    found, _ = chunks_of(*[(6.0, 0.9), (0.6, 0.0)] * 6)
    assert [len(chunk.pieces) for chunk in found] == [3, 3]
    found, _ = chunks_of((24.0, 0.9), (0.1, 0.4), (10.0, 0.9))
    assert [begins_and_ends(chunk) for chunk in found] == [[(0.0, 24.0)]]


def test_a_click_is_nothing_and_the_end_of_the_track_closes_what_is_open() -> None:
    found, chunker = chunks_of((2.0, 0.0), (0.1, 0.9), (1.0, 0.0), (2.0, 0.9))
    assert found == []
    last = chunker.flush()
    assert last is not None
    assert begins_and_ends(last) == [(2.8, 5.1)]
    assert chunker.flush() is None


def test_a_time_in_the_joined_pieces_is_found_again_on_the_track() -> None:
    found, _ = chunks_of((1.0, 0.0), (3.0, 0.9), (1.0, 0.0), (3.0, 0.9), (2.5, 0.0), start=1000 * FRAME_SAMPLES)
    [chunk] = found
    first, second = chunk.pieces
    into_second_s = len(first.samples) / RATE_HZ + 0.5
    assert chunk.position_of(into_second_s) == second.start + RATE_HZ // 2
    assert chunk.position_of(999.0) == chunk.end


@given(st.lists(st.tuples(st.floats(0.1, 12.0), st.sampled_from([0.0, 0.2, 0.4, 0.6, 1.0])), max_size=25))
def test_whatever_is_said_pieces_are_in_order_bounded_and_hold_the_sound_of_their_place(said: list[Stretch]) -> None:
    found, chunker = chunks_of(*said)
    last = chunker.flush()
    end = 0
    for chunk in [*found, *([last] if last else [])]:
        assert chunk.seconds <= MOST_S
        assert chunk.seconds <= TOO_MUCH_S + 1
        for piece in chunk.pieces:
            assert piece.start >= end
            assert piece.samples[0] == piece.start
            end = piece.end
    assert chunker.settled >= end
