"""Which letters are drawn with which of the system's fonts.

Pillow draws a text with one font and does not look for another where a letter is missing, so a text is cut into runs
by script first. The fonts are Noto, as the packages of every system have it; where one is missing the next stands in,
and at the end Pillow's own, which has the Latin letters.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from PIL import ImageFont

FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/Library/Fonts"),
    Path("/System/Library/Fonts"),
)
Names = tuple[str, ...]

LATIN: Names = ("NotoSans-Bold.ttf", "DejaVuSans-Bold.ttf", "LiberationSans-Bold.ttf", "Arial Bold.ttf")
CJK: Names = ("NotoSansCJK-Bold.ttc", "NotoSansCJK-Regular.ttc", "WenQuanYiMicroHei.ttf")
EMOJI: Names = ("NotoColorEmoji.ttf",)
# The one size that the bitmap font of emoji has.
EMOJI_SIZE_PX = 109

# First and last code point of what is not in LATIN, in order.
_SCRIPTS: tuple[tuple[int, int, Names], ...] = (
    (0x0530, 0x058F, ("NotoSansArmenian-Bold.ttf",)),
    (0x0590, 0x05FF, ("NotoSansHebrew-Bold.ttf",)),
    (0x0600, 0x08FF, ("NotoSansArabic-Bold.ttf", "NotoNaskhArabic-Bold.ttf")),
    (0x0900, 0x097F, ("NotoSansDevanagari-Bold.ttf",)),
    (0x0980, 0x09FF, ("NotoSansBengali-Bold.ttf",)),
    (0x0A00, 0x0A7F, ("NotoSansGurmukhi-Bold.ttf",)),
    (0x0A80, 0x0AFF, ("NotoSansGujarati-Bold.ttf",)),
    (0x0B80, 0x0BFF, ("NotoSansTamil-Bold.ttf",)),
    (0x0C00, 0x0C7F, ("NotoSansTelugu-Bold.ttf",)),
    (0x0C80, 0x0CFF, ("NotoSansKannada-Bold.ttf",)),
    (0x0D00, 0x0D7F, ("NotoSansMalayalam-Bold.ttf",)),
    (0x0D80, 0x0DFF, ("NotoSansSinhala-Bold.ttf",)),
    (0x0E00, 0x0E7F, ("NotoSansThai-Bold.ttf",)),
    (0x0E80, 0x0EFF, ("NotoSansLao-Bold.ttf",)),
    (0x1000, 0x109F, ("NotoSansMyanmar-Bold.ttf",)),
    (0x10A0, 0x10FF, ("NotoSansGeorgian-Bold.ttf",)),
    (0x1100, 0x11FF, CJK),
    (0x1200, 0x139F, ("NotoSansEthiopic-Bold.ttf",)),
    (0x1780, 0x17FF, ("NotoSansKhmer-Bold.ttf",)),
    (0x2600, 0x27BF, EMOJI),
    (0x2E80, 0x9FFF, CJK),
    (0xAC00, 0xD7FF, CJK),
    (0xF900, 0xFAFF, CJK),
    (0xFB1D, 0xFB4F, ("NotoSansHebrew-Bold.ttf",)),
    (0xFB50, 0xFDFF, ("NotoSansArabic-Bold.ttf", "NotoNaskhArabic-Bold.ttf")),
    (0xFE70, 0xFEFE, ("NotoSansArabic-Bold.ttf", "NotoNaskhArabic-Bold.ttf")),
    (0xFF00, 0xFFEF, CJK),
    (0x1F000, 0x1FAFF, EMOJI),
    (0x20000, 0x3FFFF, CJK),
)


def runs(text: str) -> Iterator[tuple[Names, str]]:
    """The text in pieces of one font each. Spaces and marks go with the letters they stand behind."""
    names, piece = LATIN, ""
    for character in text:
        wanted = names if piece and _goes_along(character, names) else _names_of(character)
        if wanted != names and piece:
            yield names, piece
            piece = ""
        names, piece = wanted, piece + character
    if piece:
        yield names, piece


def is_right_to_left(text: str) -> bool:
    """By the first letter that has a direction (UAX #9, rules P2 and P3)."""
    kinds = (unicodedata.bidirectional(character) for character in text)
    return next((kind != "L" for kind in kinds if kind in {"L", "R", "AL"}), False)


@cache
def font(names: Names, size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for name in (*names, *LATIN):
        if path := _files().get(name):
            return ImageFont.truetype(path, EMOJI_SIZE_PX if names == EMOJI and name in EMOJI else size_px)
    return ImageFont.load_default(size_px)


@cache
def has_emoji() -> bool:
    return any(name in _files() for name in EMOJI)


@cache
def _files() -> dict[str, Path]:
    wanted = {*LATIN, *CJK, *EMOJI, *(name for _, _, names in _SCRIPTS for name in names)}
    found = (path for folder in FOLDERS if folder.is_dir() for path in folder.rglob("*.tt[fc]"))
    return {path.name: path for path in found if path.name in wanted}


def _names_of(character: str) -> Names:
    code = ord(character)
    return next((names for first, last, names in _SCRIPTS if first <= code <= last), LATIN)


def _goes_along(character: str, names: Names) -> bool:
    kind = unicodedata.category(character)
    # Variation selectors, joiners and skin tones belong to the emoji before them; its font has no other spaces.
    if names == EMOJI:
        return kind in {"Mn", "Me", "Cf"} or "\U0001f3fb" <= character <= "\U0001f3ff"
    return character.isspace() or kind[0] in "MPZ" or kind == "Cf"
