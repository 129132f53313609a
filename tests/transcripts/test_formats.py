"""The four formats, read back by parsers that other people wrote."""

import io
import json
import re
from collections.abc import Sequence

import pysubs2
import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from voxhall.recordings.transcript import formats
from voxhall.recordings.transcript.model import SaidWord, Segment, Transcript, segments_of

NAMES = {"pa_ana": "Ana <Q&A> Núñez", "pa_ben": "Ben --> the one with a name that is far too long for a caption"}


def words(text: str, start_ms: int = 0, each_ms: int = 300) -> list[SaidWord]:
    return [
        SaidWord(word, start_ms + number * each_ms, start_ms + number * each_ms + each_ms - 20, 0.9)
        for number, word in enumerate(text.split())
    ]


def conversation() -> Transcript:
    """Two people, partly at once."""
    long = "It was the best of times, it was the worst of times, it was the age of wisdom & <foolishness>. " * 4
    said = [
        *segments_of("pa_ana", "en", words(long)),
        *segments_of("pa_ben", "en", words("No. I do not think so --> at all. Try again. Fail better.", 5_000)),
    ]
    return Transcript(tuple(sorted(said, key=lambda segment: segment.start_ms)), NAMES)


def flat(texts: Sequence[str]) -> list[str]:
    return sorted(" ".join(texts).split())


def spoken(transcript: Transcript) -> list[str]:
    return flat([word.text for segment in transcript.segments for word in segment.words])


def test_webvtt_has_a_voice_per_cue_in_order_and_lines_of_65() -> None:
    transcript = conversation()
    text = formats.vtt(transcript)
    assert text.startswith("WEBVTT\nLanguage: en\n\n")
    cues = webvtt.from_string(text).captions
    assert {cue.voice for cue in cues} == {"Ana &lt;Q&amp;A&gt; Núñez", NAMES["pa_ben"].replace(">", "&gt;")}
    starts = [cue.start_in_seconds for cue in cues]
    assert starts == sorted(starts)
    assert all(len(line) <= 65 for cue in cues for line in unescaped(cue.text).splitlines())
    assert flat([unescaped(cue.text) for cue in cues]) == spoken(transcript)
    # The other parser.
    subtitles = pysubs2.SSAFile.from_string(text, format_="vtt")
    assert len(subtitles) == len(cues)
    assert all(event.end > event.start for event in subtitles)


def test_subrip_says_who_speaks_in_two_lines_of_42() -> None:
    transcript = conversation()
    text = formats.srt(transcript)
    events = list(pysubs2.SSAFile.from_string(text, format_="srt"))
    for event in events:
        lines = event.plaintext.splitlines()
        assert len(lines) <= 2
        assert all(len(line) <= 42 for line in lines)
        assert lines[0].startswith(("Ana ‹Q&A› Núñez: ", "Ben --› the one with a …: "))
    assert len(webvtt.from_buffer(io.StringIO(text), format="srt").captions) == len(events)


def test_text_has_paragraphs_by_speaker_with_a_time() -> None:
    paragraphs = formats.txt(conversation()).split("\n\n")
    assert re.fullmatch(r"Ana <Q&A> Núñez \(00:00:00\)\nIt was .*", paragraphs[0])
    assert any(paragraph.startswith("Ben ") for paragraph in paragraphs)


def test_json_has_the_podcast_namespace_s_fields() -> None:
    transcript = conversation()
    whole = json.loads(formats.podcast_json(transcript))
    assert (whole["version"], whole["language"]) == ("1.0.0", "en")
    first = whole["segments"][0]
    assert set(first) == {"speaker", "participant", "startTime", "endTime", "body", "words"}
    assert set(first["words"][0]) == {"word", "startTime", "endTime", "probability"}
    assert first["body"] == " ".join(word["word"] for word in first["words"])
    assert flat([word["word"] for segment in whole["segments"] for word in segment["words"]]) == spoken(transcript)


def test_languages_without_spaces_get_none() -> None:
    segment = Segment("pa_ana", "ja", tuple(words("今日 は 良い 天気 です。")))
    assert segment.body == "今日は良い天気です。"
    assert "今日は良い天気です。" in formats.vtt(Transcript((segment,), NAMES))


def test_nothing_said_is_an_empty_file_of_each_kind() -> None:
    empty = Transcript((), {})
    assert webvtt.from_string(formats.vtt(empty)).captions == []
    assert json.loads(formats.podcast_json(empty))["segments"] == []
    assert (formats.srt(empty), formats.txt(empty)) == ("", "")


@pytest.mark.parametrize("name", sorted(formats.FORMATS))
def test_each_format_names_its_type(name: str) -> None:
    assert formats.FORMATS[name].media_type.partition(";")[0] in {
        "text/vtt",
        "application/x-subrip",
        "text/plain",
        "application/json",
    }


SAID = st.builds(
    SaidWord,
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=90),
    st.integers(0, 20_000),
    st.integers(0, 20_000),
    st.just(0.5),
)


@given(st.lists(SAID, max_size=30))
def test_whatever_a_recogniser_says_the_captions_can_be_read_and_run_forward(said: list[SaidWord]) -> None:
    segments = segments_of("pa_ana", "en", said)
    assert [word.text for segment in segments for word in segment.words] == [word.text for word in said]
    transcript = Transcript(tuple(segments), {"pa_ana": "Ana"})
    cues = webvtt.from_string(formats.vtt(transcript)).captions
    assert [cue.start_in_seconds for cue in cues] == sorted(cue.start_in_seconds for cue in cues)
    assert "".join(unescaped("".join(cue.text.split())) for cue in cues) == "".join(word.text for word in said)
    assert json.loads(formats.podcast_json(transcript))["segments"] == [] or cues


def unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
