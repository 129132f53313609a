"""Where the files made of a recording are below the data folder, and what they are called where they are saved."""

import re
import unicodedata
from datetime import date
from pathlib import Path
from urllib.parse import quote

from voxhall.tape import tape_folder

M4A, MP3, WAVEFORM = "mix.m4a", "mix.mp3", "waveform.json"
NAMES = (M4A, MP3, WAVEFORM)
FOLDER = "downloads"
# Room for the date and the speaker's name below the 255 bytes that file systems allow.
MOST_TITLE_CHARS = 80
# What one system or another does not take in a file's name.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')


def download_folder(data: Path, space_id: str) -> Path:
    return data / FOLDER / tape_folder(data, space_id).name


def saved_name(title: str, day: date, suffix: str, speaker: str | None = None) -> str:
    """As a person finds it again: `2026-11-22 Evening radio (Ana).ogg`."""
    who = f" ({_plain(speaker)})" if speaker else ""
    return f"{day.isoformat()} {_plain(title) or 'Space'}{who}.{suffix}"


def content_disposition(name: str, *, inline: bool) -> str:
    """RFC 6266: the name in ASCII for old programs, and as it is for all others."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().replace('"', "")
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"


def _plain(text: str) -> str:
    return " ".join(_FORBIDDEN.sub(" ", text).split())[:MOST_TITLE_CHARS].strip(" .")
