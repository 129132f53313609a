"""A transcript as WebVTT, SubRip, plain text and the podcast namespace's JSON. Pure functions of a `Transcript`."""

import json
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from voxhall.recordings.transcript.model import SaidWord, Segment, Transcript, text_of

# Apple Podcasts' advice for WebVTT, and the television's for two lines of SubRip.
VTT_LINE_CHARS = 65
SRT_LINE_CHARS = 42
LINES = 2
# Longer stands on the screen when nobody reads it any more.
CUE_MOST_MS = 7_000
# A longer name would leave no room for words in a line of SubRip.
SRT_NAME_CHARS = 24
# A pause after which the same speaker begins a new paragraph.
PARAGRAPH_PAUSE_MS = 4_000
PARAGRAPH_MOST_MS = 60_000

# SubRip knows no escapes: players take what stands between these for tags and leave it out.
_NO_TAGS = str.maketrans("<>", "‹›")


@dataclass(frozen=True, slots=True)
class _Cue:
    start_ms: int
    end_ms: int
    speaker: str
    lines: tuple[str, ...]


def vtt(transcript: Transcript) -> str:
    header = f"WEBVTT\nLanguage: {transcript.language}\n" if transcript.language else "WEBVTT\n"
    blocks = [header]
    for cue in _cues(transcript, VTT_LINE_CHARS, prefix=lambda _speaker: ""):
        text = "\n".join(_escaped(line) for line in cue.lines)
        blocks.append(f"{_time(cue.start_ms, '.')} --> {_time(cue.end_ms, '.')}\n<v {_voice(cue.speaker)}>{text}</v>\n")
    return "\n".join(blocks)


def srt(transcript: Transcript) -> str:
    blocks = []
    for number, cue in enumerate(_cues(transcript, SRT_LINE_CHARS, prefix=_srt_prefix), start=1):
        text = "\n".join(cue.lines).translate(_NO_TAGS)
        blocks.append(f"{number}\n{_time(cue.start_ms, ',')} --> {_time(cue.end_ms, ',')}\n{text}\n")
    return "\n".join(blocks)


def txt(transcript: Transcript) -> str:
    """Paragraphs by speaker, each with the time at which it begins."""
    paragraphs: list[list[Segment]] = []
    for segment in transcript.segments:
        if paragraphs and _goes_on(paragraphs[-1], segment):
            paragraphs[-1].append(segment)
        else:
            paragraphs.append([segment])
    return "\n".join(
        f"{transcript.speaker(paragraph[0])} ({_time(paragraph[0].start_ms, '.')[:8]})\n"
        + " ".join(segment.body for segment in paragraph)
        + "\n"
        for paragraph in paragraphs
    )


def podcast_json(transcript: Transcript) -> str:
    segments = [
        {
            "speaker": transcript.speaker(segment),
            "participant": segment.participant,
            "startTime": segment.start_ms / 1000,
            "endTime": segment.end_ms / 1000,
            "body": segment.body,
            "words": [
                {
                    "word": word.text,
                    "startTime": word.start_ms / 1000,
                    "endTime": word.end_ms / 1000,
                    "probability": word.probability,
                }
                for word in segment.words
            ],
        }
        for segment in transcript.segments
    ]
    whole = {"version": "1.0.0", "language": transcript.language, "segments": segments}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Format:
    media_type: str
    write: Callable[[Transcript], str]


FORMATS: Mapping[str, Format] = {
    "vtt": Format("text/vtt; charset=utf-8", vtt),
    "srt": Format("application/x-subrip; charset=utf-8", srt),
    "txt": Format("text/plain; charset=utf-8", txt),
    "json": Format("application/json", podcast_json),
}


def _cues(transcript: Transcript, line_chars: int, prefix: Callable[[str], str]) -> list[_Cue]:
    """In the order in which they begin; those of people who speak at once overlap."""
    cues = [
        _Cue(words[0].start_ms, words[-1].end_ms, transcript.speaker(segment), tuple(lines))
        for segment in transcript.segments
        for words, lines in _screens(segment, line_chars, prefix(transcript.speaker(segment)))
    ]
    return sorted(cues, key=lambda cue: cue.start_ms)


def _screens(segment: Segment, line_chars: int, prefix: str) -> Iterator[tuple[Sequence[SaidWord], list[str]]]:
    """The segment's words in portions that fit on the screen, each with its lines."""
    portion: list[SaidWord] = []
    for word in segment.words:
        is_too_long = bool(portion) and word.end_ms - portion[0].start_ms > CUE_MOST_MS
        if portion and (is_too_long or len(_lines([*portion, word], segment, line_chars, prefix)) > LINES):
            yield portion, _lines(portion, segment, line_chars, prefix)
            portion = []
        portion.append(word)
    if portion:
        yield portion, _lines(portion, segment, line_chars, prefix)


def _lines(words: Sequence[SaidWord], segment: Segment, line_chars: int, prefix: str) -> list[str]:
    return textwrap.wrap(prefix + text_of(words, segment.language), line_chars, break_on_hyphens=False)


def _srt_prefix(speaker: str) -> str:
    name = " ".join(speaker.split())
    return f"{name if len(name) <= SRT_NAME_CHARS else name[: SRT_NAME_CHARS - 1] + '…'}: "


def _goes_on(paragraph: Sequence[Segment], segment: Segment) -> bool:
    return (
        segment.participant == paragraph[-1].participant
        and segment.start_ms - paragraph[-1].end_ms < PARAGRAPH_PAUSE_MS
        and segment.end_ms - paragraph[0].start_ms < PARAGRAPH_MOST_MS
    )


def _time(at_ms: int, point: str) -> str:
    seconds, ms = divmod(at_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _voice(name: str) -> str:
    """An annotation ends at the first `>` and is one line."""
    return _escaped(" ".join(name.split()))
