"""What is left of words, and how much is guessed, when the speaker's leg, the listener's leg or both lose packets.

Real speech through our own client, the media node and our own client; two seeded bad networks (`tests/impaired.py`).
The words of each row are those that its file has in common with what was read, over the same for the row without loss.
All rows are spoken at the same time, each in a space of its own. `python -m benchmarks.loss [ROUNDS]` prints JSON;
status 1 if a bar was not kept.
"""

import asyncio
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from benchmarks.report import report
from benchmarks.transcript import BEFORE_US, TIMES
from tests.journeys.speech import BECKETT, RATE_HZ, RECORDINGS, Samples, decode, share_heard, transcribe, words_of
from tests.lossy import Heard, Legs, Node, running_node, spoken_through
from voxhall.speech.models import model_folder

ROUNDS = 3
PROTECTED_WITHIN_S = 2.0
PLAIN_WITHIN_S = 10.0


@dataclass(frozen=True)
class Row:
    """The least share of the words without loss, the most that may be guessed; None: it is only reported."""

    legs: Legs
    words: float | None = None
    concealed: float | None = None


ROWS = (
    Row(Legs("nothing lost")),
    Row(Legs("speaker 20 % FEC", up=0.2, red=False), words=0.97, concealed=0.05),
    Row(Legs("speaker 20 % RED", up=0.2), words=0.97, concealed=0.015),
    Row(Legs("listener 20 % FEC", down=0.2, red=False), words=0.97, concealed=0.05),
    Row(Legs("listener 20 % RED", down=0.2), words=0.97, concealed=0.015),
    Row(Legs("both 20 % FEC", up=0.2, down=0.2, red=False)),
    Row(Legs("both 20 % RED", up=0.2, down=0.2)),
    Row(Legs("speaker 20 % in bursts RED", up=0.2, burst=3), words=0.94),
    Row(Legs("listener 20 % in bursts RED", down=0.2, burst=3), words=0.94),
    Row(Legs("speaker 40 % RED", up=0.4), words=0.96),
    Row(Legs("listener 40 % RED", down=0.4), words=0.96),
)


def speech() -> tuple[Samples, Samples]:
    """What is said before anything is measured, and what is measured: all of a reading of 44 s."""
    pause = np.zeros(3 * RATE_HZ, np.int16)
    measured = decode((RECORDINGS / "two_cities.wav").read_bytes(), RATE_HZ)
    return np.concatenate([BECKETT.samples(), pause]), np.concatenate([measured, pause[: RATE_HZ // 2]])


async def one_round(node: Node, folder: Path, seed: int) -> list[Heard]:
    warm_up, measured = speech()
    files = [folder / f"{seed}-{number}.wav" for number in range(len(ROWS))]
    rows = zip(ROWS, files, strict=True)
    return await asyncio.gather(
        *(
            spoken_through(node, row.legs, warm_up, measured, file, seed * 100 + number)
            for number, (row, file) in enumerate(rows)
        )
    )


def words_kept(rounds: list[list[Heard]], model: Path) -> list[float]:
    """Of each row, over all rounds."""
    spoken = words_of(TIMES + BEFORE_US)
    shares = [[share_heard(spoken, transcribe(heard.file.read_bytes(), model)) for heard in one] for one in rounds]
    clean = mean(one[0] for one in shares)
    return [mean(one[row] for one in shares) / clean for row in range(len(ROWS))]


def summary(row: Row, words: float, rounds: list[Heard]) -> dict[str, Any]:
    def average(name: str) -> float:
        return float(round(mean(getattr(heard, name) for heard in rounds), 4))

    def worst(name: str) -> float | None:
        found = [value for heard in rounds if (value := getattr(heard, name)) is not None]
        return round(max(found), 1) if found else None

    concealed = {name: average(name) for name in ("concealed_up", "concealed_down")}
    kept = {
        "words": row.words is None or words >= row.words,
        "concealed": row.concealed is None or max(concealed.values()) <= row.concealed,
    }
    return {
        "row": row.legs.name,
        "words": round(words, 3),
        **concealed,
        **{name: average(name) for name in ("lost_up", "lost_down")},
        **{name: worst(name) for name in ("protected_after_s", "plain_after_s")},
        "bars": {"words": row.words, "concealed": row.concealed},
        "bars_kept": kept,
    }


def protection_kept(rows: list[dict[str, Any]]) -> bool:
    """Whether what follows the reports came in time, of the rows with RED: a speaker of ours corrects in any case."""
    lossy = [row for row in rows if row["row"].endswith("RED")]
    return all(
        row["protected_after_s"] is not None
        and row["protected_after_s"] <= PROTECTED_WITHIN_S
        and row["plain_after_s"] <= PLAIN_WITHIN_S
        for row in lossy
    )


def main() -> None:
    rounds_wanted = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as folder, running_node(Path(folder)) as node:
        rounds = [asyncio.run(one_round(node, Path(folder), seed)) for seed in range(1, rounds_wanted + 1)]
        words = words_kept(rounds, model_folder("base", Path(folder)))
    rows = [summary(row, words[at], [one[at] for one in rounds]) for at, row in enumerate(ROWS)]
    is_protected_in_time = protection_kept(rows)
    results = {
        "rounds": rounds_wanted,
        "words_read": len(words_of(TIMES + BEFORE_US)),
        "protected_within_s": PROTECTED_WITHIN_S,
        "plain_within_s": PLAIN_WITHIN_S,
        "protected_in_time": is_protected_in_time,
        "rows": rows,
    }
    print(json.dumps(report("loss", results)))
    sys.exit(0 if is_protected_in_time and all(all(row["bars_kept"].values()) for row in rows) else 1)


if __name__ == "__main__":
    main()
