"""A finished tape of people who read aloud, written by docs/tape.md, for a space that is over."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.tape.writer import FRAME, File, note, opus

RATE_HZ = 48_000
Samples = NDArray[np.int16]


def write_tape(folder: Path, speakers: Mapping[str, tuple[float, Samples]]) -> float:
    """Each participant's voice begins at a time in seconds. Answers how long the tape is."""
    folder.mkdir(parents=True)
    ends = [round(at_s * RATE_HZ) + len(samples) for at_s, samples in speakers.values()]
    mix = np.zeros(max(ends, default=0) + RATE_HZ, np.int32)
    note(folder, "tape", 0, version=1, space=folder.name)
    note(folder, "segment", 0, segment=1, start=0)
    for participant, (at_s, samples) in speakers.items():
        start = round(at_s * RATE_HZ) // FRAME * FRAME
        mix[start : start + len(samples)] += samples
        File(folder / f"{participant}.0001.ogg", segment=1, start=start).write(opus(samples.tolist()), last=True)
        note(
            folder,
            "track",
            start // 48,
            segment=1,
            participant=participant,
            file=f"{participant}.0001.ogg",
            start=start,
        )
    whole = np.clip(mix, -32768, 32767).astype(np.int16)
    File(folder / "mix.0001.ogg", segment=1, start=0).write(opus(whole.tolist()), last=True)
    note(folder, "finished", len(whole) // 48)
    return len(whole) / RATE_HZ
