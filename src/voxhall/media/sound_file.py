"""Any sound file as 48 kHz mono samples of 16 bit, a little at a time.

PyAV is loaded when a file is opened: it brings FFmpeg with it, and only this needs it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from voxhall.errors import InvalidError, VoxhallError

if TYPE_CHECKING:
    from av.container import InputContainer

SAMPLE_RATE_HZ = 48_000
# The longest piece handed out: whoever plays it hears of a stop this late at most.
PIECE_BYTES = SAMPLE_RATE_HZ // 10 * 2


class SoundFileError(VoxhallError):
    """The file is there but cannot be played."""

    code = "bad_sound_file"
    status = 422


class SoundFile:
    """An open file; `samples` may be asked for once."""

    def __init__(self, path: Path, container: "InputContainer") -> None:
        self._path = path
        self._container = container

    def samples(self, *, loop: bool) -> Iterator[bytes]:
        """Pieces of at most a tenth of a second; with `loop` there is no end."""
        while True:
            heard = False
            for piece in self._pass():
                heard = True
                yield piece
            if not heard:
                raise SoundFileError(f"{self._path.name} holds no sound.")
            if not loop:
                return
            self._container.seek(0)

    def _pass(self) -> Iterator[bytes]:
        import av

        resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
        try:
            for frame in self._container.decode(audio=0):
                for resampled in resampler.resample(frame):
                    yield from _pieces(bytes(resampled.planes[0])[: resampled.samples * 2])
            for rest in resampler.resample(None):
                yield from _pieces(bytes(rest.planes[0])[: rest.samples * 2])
        except av.FFmpegError as error:
            raise SoundFileError(f"{self._path.name} is damaged and cannot be played on.") from error


def _pieces(samples: bytes) -> Iterator[bytes]:
    for start in range(0, len(samples), PIECE_BYTES):
        yield samples[start : start + PIECE_BYTES]


@contextmanager
def opened(path: Path) -> Iterator[SoundFile]:
    """Opens a file, or says in one sentence why it cannot be played."""
    import av

    try:
        file = path.open("rb")
    except OSError as error:
        raise InvalidError(f"{path.name} cannot be opened: {error.strerror}.") from error
    with file:
        try:
            container = av.open(file, mode="r")
        except (av.FFmpegError, ValueError) as error:
            raise SoundFileError(f"{path.name} is not a sound file.") from error
        with container:
            if not container.streams.audio:
                raise SoundFileError(f"{path.name} holds no sound.")
            yield SoundFile(path, container)
