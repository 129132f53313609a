"""A tape as a whole: its segments, its tracks, its log and its length, all as of the last `refresh`."""

import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voxhall.tape import opus
from voxhall.tape.follow import Follower
from voxhall.tape.log import NAME as LOG_NAME
from voxhall.tape.log import StageLog
from voxhall.tape.pages_file import PagesFile
from voxhall.tape.stream import Stream

_MIX = "mix"
_SOUND_FILE = re.compile(r"(?P<name>mix|pa_[A-Za-z0-9_-]{1,60})\.(?P<segment>[0-9]{4,8})\.ogg")


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was written between the two; `lost_ms` is how long that was on the wall."""

    from_ms: int
    to_ms: int
    lost_ms: int
    reason: str


class Tape:
    """One folder. Making it reads nothing; `refresh` does. Streams and followers made from it see each `refresh`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = StageLog(folder / LOG_NAME)
        self._files: dict[str, dict[int, PagesFile]] = {}
        self._streams: dict[str, Stream] = {}
        self.was_complete = False

    def refresh(self, *, is_complete: bool = False) -> None:
        """`is_complete`: nothing will be added any more, because the space is over; the streams then get their end."""
        self.log.refresh()
        for path in sorted(self.folder.glob("*.ogg")):
            if match := _SOUND_FILE.fullmatch(path.name):
                segment = int(match["segment"])
                files = self._files.setdefault(match["name"], {})
                if segment not in files:
                    files[segment] = PagesFile(path, segment)
        for files in self._files.values():
            for file in files.values():
                file.refresh()
        self.was_complete = is_complete
        for name in self._streams:
            self._extend(name)

    @property
    def exists(self) -> bool:
        return self.folder.is_dir()

    @property
    def is_finished(self) -> bool:
        """Whether the writer closed it in peace, and has not begun again since."""
        last = self.log.of_kind("segment", "finished")[-1:]
        return bool(last) and last[0]["kind"] == "finished"

    @property
    def tracks(self) -> list[str]:
        """The participants who have a track, those first who spoke first."""
        begun = {name: self._begun(name) for name in self._files if name != _MIX}
        return sorted((name for name in begun if begun[name]), key=lambda name: (begun[name][0].start or 0, name))

    @property
    def duration(self) -> int:
        """Up to the end of the mix; a track may be longer by a page while it is written."""
        mix = self._begun(_MIX)
        return mix[-1].end if mix else 0

    @property
    def duration_ms(self) -> int:
        return self.duration * 1000 // opus.RATE_HZ

    @property
    def gaps(self) -> list[Gap]:
        return [
            Gap(int(line["from_ms"]), int(line["to_ms"]), int(line["lost_ms"]), str(line["reason"]))
            for line in self.log.of_kind("gap")
            if {"from_ms", "to_ms", "lost_ms", "reason"} <= line.keys()
        ]

    @property
    def damages(self) -> list[dict[str, Any]]:
        return self.log.of_kind("damaged")

    def events(self) -> list[dict[str, Any]]:
        """What happened in the space, each with `seq`, `name`, `data` and its tape time `at_ms`."""
        return self.log.of_kind("event")

    def mix_stream(self) -> Stream:
        return self._stream(_MIX)

    def track_stream(self, participant: str) -> Stream | None:
        return self._stream(participant) if participant in self.tracks else None

    def follow(self, participant: str | None = None) -> Follower:
        """The packets of one track, or of the mix; it may be asked for before there is a first one."""
        return Follower(lambda: self._begun(participant or _MIX))

    def _stream(self, name: str) -> Stream:
        if name not in self._streams:
            self._streams[name] = Stream(zlib.crc32(f"{self.folder.name}/{name}".encode()))
            self._extend(name)
        return self._streams[name]

    def _extend(self, name: str) -> None:
        # A track lasts as long as the tape: what is missing at its end is silence.
        self._streams[name].extend(self._begun(name), ends_at=self.duration if self.was_complete else None)

    def _begun(self, name: str) -> list[PagesFile]:
        files = self._files.get(name, {})
        return [files[segment] for segment in sorted(files) if files[segment].start is not None]
