"""The sentences of notifications, in every language of the pages: `sentences/` has one file for each."""

import json
import unicodedata
from functools import cache
from importlib import resources
from typing import Any

from voxhall.notifications.model import Announcement, NewsKind, Said

LANGUAGES = ("en", "de", "ar")
ISOLATE, END = "\u2068", "\u2069"


def language_of(wished: str | None) -> str:
    """The nearest that we have."""
    primary = (wished or "").partition("-")[0].lower()
    return primary if primary in LANGUAGES else LANGUAGES[0]


@cache
def sentences(language: str) -> dict[str, Any]:
    file = resources.files("voxhall.notifications") / "sentences" / f"{language}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def say(news: Announcement, kind: NewsKind, language: str) -> Said:
    words = sentences(language)
    special = f"{kind.value}.{news.data.get('reason') or news.data.get('role')}"
    title, body = words.get(special) or words[kind.value]
    return Said(_filled(title, news), _filled(body, news), path_of(news))


def path_of(news: Announcement) -> str:
    return f"/spaces/{news.space_id}" if news.space_id is not None else "/settings"


def _filled(template: str, news: Announcement) -> str:
    """What people wrote stands apart, so that its direction does not turn the sentence around it."""
    for name in ("name", "title"):
        template = template.replace(f"{{{name}}}", _apart(str(news.data.get(name) or ""), template))
    return template


def _apart(text: str, template: str) -> str:
    is_alone = template == "{title}"
    turns = any(unicodedata.bidirectional(char) in {"R", "AL"} for char in text + template)
    return f"{ISOLATE}{text}{END}" if turns and not is_alone else text
