"""The stage log of a tape, read on as it grows. A line without its line feed is not there yet."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAME = "stage.jsonl"
PIECE_BYTES = 1024 * 1024


@dataclass(slots=True)
class StageLog:
    """`lines` are the parsed lines in order; what is no JSON object is left out. `size` counts whole lines only."""

    path: Path
    lines: list[dict[str, Any]] = field(default_factory=list)
    size: int = 0

    def refresh(self) -> None:
        try:
            with self.path.open("rb") as file:
                file.seek(self.size)
                rest = b""
                while piece := file.read(PIECE_BYTES):
                    whole, feed, rest = (rest + piece).rpartition(b"\n")
                    self._take(whole + feed)
        except FileNotFoundError:
            return

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of whole lines."""
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(max(0, min(length, self.size - offset)))

    def of_kind(self, *kinds: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line.get("kind") in kinds]

    def _take(self, whole: bytes) -> None:
        self.size += len(whole)
        for line in whole.splitlines():
            try:
                parsed = json.loads(line)
            except ValueError:
                continue
            if isinstance(parsed, dict):
                self.lines.append(parsed)
