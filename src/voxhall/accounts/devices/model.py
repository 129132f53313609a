"""What a signed-in device is called. Pure."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

# In this order: each names itself after those below it too.
_BROWSERS = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"(?:Firefox|FxiOS)/"),
    ("Chrome", r"(?:Chrome|CriOS)/"),
    ("Safari", r"Safari/"),
)
_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("ChromeOS", r"CrOS"),
    ("Mac", r"Macintosh"),
    ("Linux", r"Linux"),
)


@dataclass(frozen=True, slots=True)
class Device:
    """A sign-in that lasts. `id` says nothing about the secret that proves it."""

    id: str
    name: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


def device_name(user_agent: str) -> str:
    """ "Firefox on Android"; of what a browser says about itself only this is kept. Empty where nothing is known."""
    found = [next((name for name, sign in kinds if re.search(sign, user_agent)), "") for kinds in (_BROWSERS, _SYSTEMS)]
    return " on ".join(filter(None, found))


def device_id(token_hash: bytes) -> str:
    return f"de_{hashlib.sha256(b'device' + token_hash).hexdigest()[:24]}"
