"""A face for each of the cast, drawn here: photographs would be of somebody, and drawings come without a licence.

The same handle gives the same face.
"""

import hashlib
import io
from typing import TypeVar

from PIL import Image, ImageDraw

# Drawn four times as large, because Pillow draws no smooth edge by itself.
SIDE_PX, SCALE = 256, 4
PAPERS = ("#f4c95d", "#8ecae6", "#e5989b", "#a3b18a", "#cdb4db", "#f4a261")
SKINS = ("#f6d3b3", "#e0ac7e", "#c58c5c", "#9c6644", "#6f4518", "#ffdfc4")
HAIRS = ("#2b2118", "#5a3a22", "#8d8741", "#b5562f", "#d9d4cf", "#141414")
CLOTHES = ("#264653", "#6d597a", "#bc4749", "#386641", "#1d3557", "#7f4f24")
DARK = "#1f1a17"

T = TypeVar("T")


def face_of(handle: str) -> bytes:
    """A PNG."""
    lots = Lots(handle)
    side = SIDE_PX * SCALE
    picture = Image.new("RGB", (side, side), lots.draw(PAPERS))
    pen = ImageDraw.Draw(picture)
    skin, hair, cloth = lots.draw(SKINS), lots.draw(HAIRS), lots.draw(CLOTHES)
    cut = lots.draw(("short", "long", "bun", "short"))
    _shoulders(pen, cloth, skin)
    _hair_behind(pen, cut, hair)
    pen.ellipse(_box(74, 62, 182, 194), fill=skin)
    _hair_before(pen, hair)
    _features(pen, lots.draw((False, False, True)), lots.draw((8, 14, 20)))
    out = io.BytesIO()
    picture.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()


class Lots:
    """The same draws for the same name."""

    def __init__(self, name: str) -> None:
        self._numbers = iter(hashlib.sha256(f"a face: {name}2".encode()).digest())

    def draw(self, among: tuple[T, ...]) -> T:
        return among[next(self._numbers) % len(among)]


def _box(left: int, top: int, right: int, bottom: int) -> tuple[int, int, int, int]:
    return left * SCALE, top * SCALE, right * SCALE, bottom * SCALE


def _shoulders(pen: ImageDraw.ImageDraw, cloth: str, skin: str) -> None:
    pen.ellipse(_box(28, 204, 228, 380), fill=cloth)
    pen.rounded_rectangle(_box(108, 168, 148, 226), 20 * SCALE, fill=skin)


def _hair_behind(pen: ImageDraw.ImageDraw, cut: str, hair: str) -> None:
    if cut == "long":
        pen.rounded_rectangle(_box(58, 60, 198, 226), 60 * SCALE, fill=hair)
    if cut == "bun":
        pen.ellipse(_box(100, 14, 156, 70), fill=hair)


def _hair_before(pen: ImageDraw.ImageDraw, hair: str) -> None:
    pen.chord(_box(68, 44, 188, 172), 186, 354, fill=hair)


def _features(pen: ImageDraw.ImageDraw, has_glasses: bool, smile: int) -> None:
    for x in (106, 150):
        pen.ellipse(_box(x - 5, 122, x + 5, 134), fill=DARK)
        if has_glasses:
            pen.ellipse(_box(x - 17, 111, x + 17, 145), outline=DARK, width=3 * SCALE)
    if has_glasses:
        pen.line((123 * SCALE, 126 * SCALE, 133 * SCALE, 126 * SCALE), fill=DARK, width=3 * SCALE)
    pen.arc(_box(106, 150 - smile, 150, 150 + smile), 20, 160, fill=DARK, width=4 * SCALE)
