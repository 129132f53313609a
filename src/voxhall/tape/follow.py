"""The packets of a mix or a track, each handed out once, while the tape is still growing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voxhall.tape import ogg, opus
from voxhall.tape.pages_file import PagesFile


@dataclass(frozen=True, slots=True)
class TapePacket:
    """`start`: tape time of its first sample; slightly below 0 for the very first, which only fills the decoder."""

    start: int
    samples: int
    data: bytes

    @property
    def start_ms(self) -> float:
        return self.start * 1000 / opus.RATE_HZ


class Follower:
    """`poll` answers what came since the last poll. Where the next packet does not begin at the end of the one before,
    nothing was written between: silence."""

    def __init__(self, files: Callable[[], Sequence[PagesFile]]) -> None:
        self._files = files
        # Per segment: how many of its pages were handed out, and the samples in them.
        self._done: dict[int, tuple[int, int]] = {}

    def poll(self, at_most_pages: int = 1_000) -> list[TapePacket]:
        """At most so many pages at a time (a page is 200 ms): a long tape is caught up with in pieces."""
        found: list[TapePacket] = []
        left = at_most_pages
        for file in self._files():
            done, samples = self._done.get(file.segment, (0, 0))
            last = min(len(file.offsets), done + left)
            for page in file.pages(done, last):
                for packet in (packet for one in ogg.pages(page) for packet in one.packets):
                    length = opus.samples_in(packet)
                    found.append(TapePacket((file.start or 0) + samples - opus.PRE_SKIP, length, packet))
                    samples += length
            left -= last - done
            self._done[file.segment] = (last, samples)
        return found
