"""Several files as one continuous Ogg/Opus stream that can be read at any place, while it grows and afterwards.

Each page of a file becomes one page of the stream with the same packets and so of the same size; only the header's
numbers and the checksum are new. Between two files, and before the first, stand pages of silence, whose size follows
from the length of the gap. So where a byte stands is known without reading any sound, and a place once read never
changes: a gap is filled when it is known how long it is, and the page that ends the stream comes behind all others.
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence

from voxhall.tape import ogg, opus
from voxhall.tape.pages_file import PagesFile

# A second: long gaps cost few pages, and a reader that jumps in lands near.
SILENCE_PAGE = 50 * opus.FRAME
# The source of a page that no file has.
_SILENT = -1


class Stream:
    """`size` and `read` show what `extend` found last."""

    def __init__(self, serial: int) -> None:
        self._serial = serial
        headers = [
            ogg.page([opus.head()], serial=serial, number=0, granule=0, flags=ogg.FIRST),
            ogg.page([opus.tags()], serial=serial, number=1, granule=0),
        ]
        self._headers = b"".join(headers)
        self._files: list[PagesFile] = []
        # Of each page behind the headers: where it begins and its granule position; its file, and its place in it, or
        # how many samples of silence it holds.
        self._offsets, self._granules = array("q"), array("q")
        self._sources, self._places = array("q"), array("q")
        self.size = len(self._headers)
        # In the decoder's time: with the pre-skip.
        self._position = 0
        self._taken = 0
        self.is_finished = False

    def extend(self, files: Sequence[PagesFile], *, ends_at: int | None = None) -> None:
        """Takes in what the files have now. With `ends_at` nothing comes after that: silence up to it, and the end."""
        if self.is_finished:
            return
        for number, file in enumerate(files):
            if file.start is None:
                continue
            if number >= len(self._files):
                self._be_silent(file.start - self._position)
                self._files.append(file)
                self._taken = 0
            elif number < len(self._files) - 1:
                continue
            for index in range(self._taken, len(file.offsets)):
                self._position += file.samples[index]
                self._add(number, index, file.sizes[index])
            self._taken = len(file.offsets)
        if ends_at is not None:
            self._be_silent(ends_at - self._position)
            self._finish()

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes; fewer at the end of what there is now."""
        end = min(self.size, offset + max(0, length))
        found = [self._headers[offset:end]]
        first = max(0, bisect_right(self._offsets, offset) - 1)
        for index in range(first, len(self._offsets)):
            at = self._offsets[index]
            if at >= end:
                break
            found.append(self._page(index)[max(0, offset - at) : end - at])
        return b"".join(found)

    def _page(self, index: int) -> bytes:
        number, granule, source = index + 2, self._granules[index], self._sources[index]
        if source != _SILENT:
            old = self._files[source].page(self._places[index])
            return ogg.renumbered(old, serial=self._serial, number=number, granule=granule)
        is_last = self.is_finished and index == len(self._offsets) - 1
        packets = list(opus.silence(self._places[index]))
        flags = ogg.LAST if is_last else 0
        return ogg.page(packets, serial=self._serial, number=number, granule=granule, flags=flags)

    def _be_silent(self, samples: int) -> None:
        while samples >= 120:
            length = min(samples, SILENCE_PAGE)
            packets = list(opus.silence(length))
            self._position += sum(map(opus.samples_in, packets))
            self._add(_SILENT, length, ogg.HEADER_BYTES + sum(1 + len(packet) for packet in packets))
            samples -= length

    def _finish(self) -> None:
        """One more packet lets the decoder give the last pre-skip's worth; RFC 7845 §4.4 cuts off what is too much."""
        self._position += opus.PRE_SKIP
        self._add(_SILENT, opus.FRAME, ogg.HEADER_BYTES + 1 + len(opus.SILENCE))
        self.is_finished = True

    def _add(self, source: int, place: int, size: int) -> None:
        self._offsets.append(self.size)
        self._granules.append(self._position)
        self._sources.append(source)
        self._places.append(place)
        self.size += size
