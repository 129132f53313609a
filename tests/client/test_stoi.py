"""The measure by which the mix is judged gives what its authors' does."""

import numpy as np
import pytest

from tests.journeys.speech import RECORDINGS, decode
from tests.stoi import RATE_HZ, stoi

# By pystoi 0.4.1 of the same sounds.
PUBLISHED = {20: 0.8494, 10: 0.6684, 0: 0.4856}


def test_speech_in_noise_scores_as_the_published_measure_has_it() -> None:
    speech = decode((RECORDINGS / "two_cities.wav").read_bytes(), RATE_HZ).astype(np.float64) / 32768
    assert stoi(speech, speech) > 0.999
    dice = np.random.default_rng(1)
    for ratio_db, expected in PUBLISHED.items():
        noise = dice.standard_normal(len(speech)) * np.sqrt((speech**2).mean()) * 10 ** (-ratio_db / 20)
        assert stoi(speech, speech + noise) == pytest.approx(expected, abs=0.005)
