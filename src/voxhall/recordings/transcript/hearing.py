"""The worker's half: follows the tape of a space that is live, or one that was left behind, and tells its words.

Two threads at most, whatever number of spaces: one finds speech in what the tapes have new, one makes words of it. The
tape is the queue: a track whose words are behind is not read on, so memory stays small.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from voxhall.errors import JsonObject, JsonValue, VoxhallError
from voxhall.kit.jobs.worker import GiveUpError, JobRun
from voxhall.recordings.transcript.model import SaidWord, in_order, words_as_json
from voxhall.speech.chunks import Chunk
from voxhall.speech.engine import RATE_HZ
from voxhall.speech.models import NoModelError, NotFetchedError
from voxhall.speech.recogniser import Recogniser
from voxhall.speech.track import Ears, Voice
from voxhall.tape import Decoder, Follower, Tape, TapePacket, tape_folder
from voxhall.tape.opus import RATE_HZ as TAPE_HZ
from voxhall.tape.opus import SILENCE

if TYPE_CHECKING:
    from voxhall.speech.engine import Samples

# How often a live tape is looked at. Its pages come every 200 ms, but a chunk takes seconds to fill.
LOOK_EVERY_S = 1.0
# How often the control plane is asked whether the space is over.
ASK_EVERY_S = 3.0
# Read of a track at a time: 20 s of sound. More makes a stop slower, less costs more turns.
PAGES_AT_ONCE = 100
# Chunks of a track that wait for the recogniser before the track is not read on.
WAITING_AT_MOST = 3
# A track's file lags behind the mix by a page and a moment; where it has nothing up to here, there was nothing.
TRACK_LAG_MS = 4_000
# The node closes the tape when the space ends. If it died just then, nobody does.
WAIT_FOR_END_S = 20.0
# A gap shorter than this is a decoder's rounding and no silence.
LEAST_GAP = RATE_HZ // 100
SILENCE_AT_ONCE = 10 * RATE_HZ
PER_MS = RATE_HZ // 1000


@dataclass
class _Track:
    """One speaker: what was read, what waits, and what is known of the voice."""

    participant: str
    follower: Follower
    ears: Ears
    voice: Voice
    # Up to where the ears have heard, in samples at 16 kHz of tape time.
    heard: int
    settled_ms: int
    decoder: Decoder | None = None
    waiting: deque[Chunk] = field(default_factory=deque)
    is_read: bool = False

    def read(self, silent_up_to_ms: int) -> None:
        """Take in what the track has new, a bounded piece of it."""
        packets = self.follower.poll(PAGES_AT_ONCE)
        for packet in packets:
            self._take(packet)
        self.is_read = not packets
        if self.is_read:
            self._be_silent(silent_up_to_ms * PER_MS)

    def end(self, end_ms: int) -> None:
        self._be_silent(end_ms * PER_MS)
        self.waiting.extend(self.ears.end())

    def _take(self, packet: TapePacket) -> None:
        import numpy as np

        start = packet.start * RATE_HZ // TAPE_HZ
        length = packet.samples * RATE_HZ // TAPE_HZ
        if start + length <= self.heard:
            return
        self._be_silent(start)
        if packet.data == SILENCE:
            self._hear(np.zeros(length, np.float32))
            return
        if self.decoder is None:
            self.decoder = Decoder(RATE_HZ)
        pcm = np.frombuffer(self.decoder.decode(packet.data), np.int16).astype(np.float32)
        pcm /= 32768
        self._hear(pcm)

    def _be_silent(self, up_to: int) -> None:
        import numpy as np

        while up_to - self.heard >= LEAST_GAP:
            self._hear(np.zeros(min(up_to - self.heard, SILENCE_AT_ONCE), np.float32))

    def _hear(self, samples: "Samples") -> None:
        self.heard += len(samples)
        self.waiting.extend(self.ears.hear(samples))


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the control plane knows of the space and its transcript."""

    language: str | None
    # None while the space is live.
    over_for_s: float | None
    tracks: dict[str, tuple[int, str | None]]


class Hearing:
    """Does the jobs of the kind `transcribe` for one worker."""

    def __init__(self, data: Path, recogniser: Recogniser, now_s: Callable[[], float]) -> None:
        self._data, self._recogniser, self._now_s = data, recogniser, now_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="voxhall-hearing")

    async def transcribe(self, run: JobRun) -> JsonObject:
        space = _Space(run, Tape(tape_folder(self._data, run.subject)), self._recogniser, self._thread, self._now_s)
        try:
            await space.transcribe()
        except NotFetchedError:
            raise
        except NoModelError as error:
            raise GiveUpError(error.message) from error
        return {"duration_ms": space.tape.duration_ms}

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


class _Space:
    def __init__(
        self,
        run: JobRun,
        tape: Tape,
        recogniser: Recogniser,
        thread: ThreadPoolExecutor,
        now_s: Callable[[], float],
    ) -> None:
        self.tape = tape
        self._run, self._recogniser, self._thread, self._now_s = run, recogniser, thread, now_s
        self._tracks: dict[str, _Track] = {}
        self._asked_at_s = -ASK_EVERY_S

    async def transcribe(self) -> None:
        standing = await self._ask()
        loop = asyncio.get_running_loop()
        while True:
            began_s = self._now_s()
            if standing.over_for_s is None and began_s - self._asked_at_s >= ASK_EVERY_S:
                standing = await self._ask()
            is_over = standing.over_for_s is not None
            has_more = await loop.run_in_executor(self._thread, self._look, standing)
            await self._settle_waiting(standing)
            if has_more:
                continue
            if is_over and (self.tape.is_finished or (standing.over_for_s or 0.0) > WAIT_FOR_END_S):
                break
            await asyncio.sleep(max(0.0, LOOK_EVERY_S - (self._now_s() - began_s)))
            if is_over:
                standing = await self._ask()
        await loop.run_in_executor(self._thread, self._end)
        while any(track.waiting for track in self._tracks.values()):
            await self._settle_waiting(standing)

    async def _ask(self) -> _Standing:
        self._asked_at_s = self._now_s()
        match await self._run.ask({}):
            case {
                "language": (str() | None) as language,
                "over_for_s": (int() | float() | None) as over_for_s,
                "tracks": dict(tracks),
            }:
                return _Standing(language, over_for_s, {name: _standing_of(track) for name, track in tracks.items()})
        raise VoxhallError("The control plane says nothing that this worker understands; is it another version?")

    def _look(self, standing: _Standing) -> bool:
        """In the thread for hearing. Whether there is more to read at once."""
        self.tape.refresh()
        for participant in self.tape.tracks:
            if participant not in self._tracks:
                self._tracks[participant] = self._new_track(participant, standing)
        silent_up_to_ms = self.tape.duration_ms - TRACK_LAG_MS
        for track in self._tracks.values():
            if len(track.waiting) < WAITING_AT_MOST:
                track.read(silent_up_to_ms)
        return any(not track.is_read or track.waiting for track in self._tracks.values())

    def _end(self) -> None:
        for track in self._tracks.values():
            track.end(self.tape.duration_ms)

    def _new_track(self, participant: str, standing: _Standing) -> _Track:
        settled_ms, language = standing.tracks.get(participant, (0, None))
        voice = Voice(standing.language, settled_language=language)
        start = settled_ms * PER_MS
        return _Track(participant, self.tape.follow(participant), Ears(start), voice, start, settled_ms)

    async def _settle_waiting(self, standing: _Standing) -> None:
        """One chunk of each track: then there is time to read on."""
        await asyncio.gather(*(self._settle_one(track, standing) for track in self._tracks.values() if track.waiting))

    async def _settle_one(self, track: _Track, standing: _Standing) -> None:
        chunk = track.waiting.popleft()
        language, words = await self._recogniser.understand(track.voice, chunk, self._said_at_s(chunk, standing))
        to_ms = chunk.end // PER_MS
        said = in_order(
            [SaidWord(word.text, begin // PER_MS, end // PER_MS, word.probability) for word, begin, end in words]
        )
        await self._run.tell(
            {
                "participant": track.participant,
                "from_ms": track.settled_ms,
                "to_ms": to_ms,
                "language": language,
                "words": [*words_as_json(said)],
            }
        )
        track.settled_ms = to_ms
        if self.tape.duration_ms:
            slowest_ms = min(one.settled_ms for one in self._tracks.values())
            self._run.progress = min(1.0, slowest_ms / self.tape.duration_ms)

    def _said_at_s(self, chunk: Chunk, standing: _Standing) -> float:
        """On the monotonic clock, as nearly as the tape's end says it."""
        behind_s = max(0, self.tape.duration_ms - chunk.end // PER_MS) / 1000
        return self._now_s() - behind_s - (standing.over_for_s or 0.0)


def _standing_of(track: JsonValue) -> tuple[int, str | None]:
    match track:
        case {"settled_ms": int(settled_ms), "language": str(language)}:
            return settled_ms, language
    return 0, None
