"""The sound of a recording through FFmpeg's filters and encoders, a frame at a time: memory does not grow with length.

PyAV is loaded when it is needed. The same sound makes the same bytes.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

RATE_HZ = 48_000
# What podcast services ask for (ITU-R BS.1770, EBU R 128).
TARGET_LUFS = -16.0
# Encoding adds a decibel and more to the highest peaks, so the limit before it is below the -1 dBTP asked for.
LIMIT_DBTP = -3.0
# Between true samples a peak can be higher: the limiter looks at four times as many.
OVERSAMPLED_HZ = 4 * RATE_HZ
# A recording in which hardly anybody spoke is not lifted into a roar.
MOST_GAIN_DB = 20.0
QUIETEST_LUFS = -60.0
BIT_RATES = {"m4a": 96_000, "mp3": 112_000}


class Source(Protocol):
    """Bytes of an Ogg file that can be read anywhere."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Tags:
    title: str
    artist: str
    album: str
    date: str
    cover: bytes


@dataclass(frozen=True, slots=True)
class Loudness:
    integrated_lufs: float
    true_peak_dbtp: float


class _File(io.RawIOBase):
    """A source as the file that FFmpeg wants."""

    def __init__(self, source: Source) -> None:
        self._source, self._at = source, 0

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(self._at, size if size >= 0 else self._source.size - self._at)
        self._at += len(piece)
        return piece

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def frames(source: Source, on_position: Callable[[float], None]) -> "Iterator[AudioFrame]":
    """Mono frames at 48 kHz in floats; `on_position` hears the time of each in seconds, and may raise to stop it."""
    import av

    resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE_HZ)
    position = 0
    with av.open(_File(source), "r", format="ogg") as container:
        for decoded in container.decode(audio=0):
            on_position(position / RATE_HZ)
            for frame in resampler.resample(decoded):
                frame.pts = position
                position += frame.samples
                yield frame
        for frame in resampler.resample(None):
            frame.pts = position
            position += frame.samples
            yield frame


def levelled(gain_db: float) -> list[tuple[str, str]]:
    """The filters between what was recorded and what is published."""
    limit = 10 ** (LIMIT_DBTP / 20)
    return [
        ("volume", f"{gain_db:.2f}dB"),
        ("aresample", str(OVERSAMPLED_HZ)),
        ("alimiter", f"limit={limit:.4f}:level=false:attack=5:release=80"),
        ("aresample", str(RATE_HZ)),
        ("aformat", "sample_fmts=fltp:channel_layouts=mono"),
    ]


def through(found: "Iterator[AudioFrame]", chain: Sequence[tuple[str, str]]) -> "Iterator[AudioFrame]":
    import av

    graph = av.filter.Graph()
    nodes = [graph.add_abuffer(sample_rate=RATE_HZ, format="fltp", layout="mono", time_base=f"1/{RATE_HZ}")]  # type: ignore[arg-type]
    nodes += [graph.add(name, arguments) for name, arguments in chain]
    nodes.append(graph.add("abuffersink"))
    graph.link_nodes(*nodes).configure()

    def pull() -> "Iterator[AudioFrame]":
        while True:
            try:
                yield graph.pull()  # type: ignore[misc]
            except (av.BlockingIOError, av.EOFError):
                return

    for frame in found:
        graph.push(frame)
        yield from pull()
    graph.push(None)
    yield from pull()


def loudness(found: "Iterator[AudioFrame]", chain: Sequence[tuple[str, str]] = ()) -> Loudness:
    last: Mapping[str, str] = {}
    for frame in through(found, [*chain, ("ebur128", "peak=true:metadata=1:framelog=quiet")]):
        last = getattr(frame, "metadata", None) or last
    integrated, peak = float(last.get("lavfi.r128.I", "-70")), float(last.get("lavfi.r128.true_peak", "0"))
    return Loudness(integrated, _decibels(peak))


def gain_towards_target(measured: Loudness) -> float:
    """What is nearly silent stays so."""
    if measured.integrated_lufs < QUIETEST_LUFS:
        return 0.0
    return min(TARGET_LUFS - measured.integrated_lufs, MOST_GAIN_DB)


def encode(found: "Iterator[AudioFrame]", gain_db: float, files: Mapping[str, Path], tags: Tags) -> None:
    """Writes an M4A and an MP3 in one pass; `files` are their paths by those names."""
    outputs = [_Output(kind, path, tags) for kind, path in files.items()]
    try:
        for frame in through(found, levelled(gain_db)):
            for output in outputs:
                output.write(frame)
    finally:
        for output in outputs:
            output.close()


class _Output:
    def __init__(self, kind: str, path: Path, tags: Tags) -> None:
        import av

        # In MPEG-4 the index goes to the front, so that a player can begin before it has the end.
        container_format, codec, options = {
            "m4a": ("mp4", "aac", {"movflags": "+faststart", "brand": "M4A "}),
            "mp3": ("mp3", "libmp3lame", {"id3v2_version": "3", "write_xing": "1"}),
        }[kind]
        self._container: Any = av.open(str(path), "w", format=container_format, options=options)
        self._container.metadata.update(
            {"title": tags.title, "artist": tags.artist, "album": tags.album, "date": tags.date}
        )
        stream: Any = self._container.add_stream(codec, rate=RATE_HZ, layout="mono")
        stream.bit_rate = BIT_RATES[kind]
        self._stream = stream
        self._resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=RATE_HZ)
        self._add_cover(tags.cover)

    def write(self, frame: "AudioFrame") -> None:
        for piece in self._resampler.resample(frame):
            self._container.mux(self._stream.encode(piece))

    def close(self) -> None:
        for piece in self._resampler.resample(None):
            self._container.mux(self._stream.encode(piece))
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def _add_cover(self, cover: bytes) -> None:
        import av
        from PIL import Image

        picture: Any = self._container.add_stream("mjpeg", rate=1)
        picture.width, picture.height = Image.open(io.BytesIO(cover)).size
        picture.pix_fmt = "yuvj420p"
        picture.disposition = av.stream.Disposition.attached_pic
        packet: Any = av.Packet(cover)
        packet.stream, packet.pts, packet.dts, packet.is_keyframe = picture, 0, 0, True
        self._container.mux(packet)


def _decibels(amplitude: float) -> float:
    import math

    return 20 * math.log10(amplitude) if amplitude > 0 else -100.0
