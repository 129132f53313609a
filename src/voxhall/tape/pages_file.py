"""One file of a tape: which whole pages it has, found once and only added to as it grows."""

from array import array
from collections.abc import Iterator
from pathlib import Path

from voxhall.tape import ogg, opus

# Of an hour of sound at a time: memory stays small, and the file is read in few pieces.
PIECE_BYTES = 4 * 1024 * 1024


class PagesFile:
    """`start` is None until the file's two header pages are whole; until then it has no pages."""

    def __init__(self, path: Path, segment: int) -> None:
        self.path, self.segment = path, segment
        self.start: int | None = None
        # Of each page of sound: where it stands, its size, and how many samples its packets hold.
        self.offsets, self.sizes, self.samples = array("q"), array("q"), array("q")
        self.length = 0
        self._read_to = 0

    @property
    def end(self) -> int:
        """Tape time at which the next page will begin, counted in the decoder's time: with the pre-skip."""
        return (self.start or 0) + self.length

    def refresh(self) -> None:
        """Takes in the pages that were added since. A file that is gone has no more than was found before."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._read_to)
                while self._take(file.read(PIECE_BYTES)):
                    file.seek(self._read_to)
        except FileNotFoundError:
            return

    def page(self, index: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self.offsets[index])
            return file.read(self.sizes[index])

    def pages(self, first: int, last: int) -> Iterator[bytes]:
        """From `first` up to, not including, `last`, in one reading."""
        if first >= last:
            return
        with self.path.open("rb") as file:
            file.seek(self.offsets[first])
            for index in range(first, last):
                yield file.read(self.sizes[index])

    def _take(self, data: bytes) -> bool:
        """Whether there may be more to read."""
        before = self._read_to
        for page in ogg.pages(data, before):
            self._read_to = page.offset + page.size
            if page.packets and page.packets[0].startswith(b"OpusHead"):
                continue
            if self.start is None:
                self.start = _start_of(page)
                continue
            length = sum(map(opus.samples_in, page.packets))
            if length:
                self.offsets.append(page.offset)
                self.sizes.append(page.size)
                self.samples.append(length)
                self.length += length
        return self._read_to > before and len(data) == PIECE_BYTES


def _start_of(page: ogg.Page) -> int | None:
    told = opus.comments(page.packets[0]).get("VOXHALL_START", "") if page.packets else ""
    return int(told) if told.isdecimal() and len(told) < 16 else None
