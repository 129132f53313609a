"""Speech through legs that lose one packet in five: in a few seconds what `benchmarks/loss.py` measures at length."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from tests.journeys.speech import BECKETT, DICKENS, share_heard, transcribe, words_of
from tests.lossy import RATE_HZ, Legs, running_node, spoken_through

pytestmark = pytest.mark.timeout(90)

# Of what is said: a busy machine is late with some.
BUSY = 0.02
SPEAKER = Legs("speaker", up=0.2)
LISTENER = Legs("listener", down=0.2)
WITHOUT_RED = Legs("without RED", down=0.2, red=False)


async def test_of_20_percent_loss_words_lose_nothing_on_either_leg(tmp_path: Path) -> None:
    pause = np.zeros(RATE_HZ // 2, np.int16)
    warm_up, speech = BECKETT.samples()[: 3 * RATE_HZ], np.concatenate([DICKENS.samples(), pause])
    with running_node(tmp_path / "node") as node:
        rows = (SPEAKER, LISTENER, WITHOUT_RED)
        heard = await asyncio.gather(
            *(
                spoken_through(node, legs, warm_up, speech, tmp_path / f"{legs.name}.wav", seed=5, to_the_end=False)
                for legs in rows
            )
        )
    speaker, listener, without_red = heard
    assert speaker.lost_up > 0.1
    assert min(listener.lost_down, without_red.lost_down) > 0.1
    for one in heard:
        # Of a few seconds chance may leave 0.3 or 3 % that nothing can repair; what this loss left is known.
        assert one.concealed_up <= one.beyond_repair_up + BUSY, one
        assert one.concealed_down <= one.beyond_repair_down + BUSY, one
        assert one.protected_after_s is not None, f"not within the warm-up: {one}"
        assert share_heard(words_of(DICKENS.words), transcribe(one.file.read_bytes())) >= 0.8, one
