"""The picture on a download: the space's title on a colour of its own. Pillow is loaded when one is drawn."""

import hashlib
import io
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

# Apple takes 1400 to 3000 pixels; more only makes the files larger.
SIDE = 1400
MARGIN = 120
JPEG_QUALITY = 85
MOST_LINES = 5
# Of the letters, and how many of them fit on a line.
SIZES = ((150, 13), (120, 16), (96, 20), (72, 28), (60, 34))
# Of this server's name, at the right of the short stroke, and the room it has there.
SITE_SIZES, SITE_WIDTH = (48, 36, 28, 20, 14), SIDE - 2 * MARGIN - 240
# The first that the system has; else the one inside Pillow, which knows Latin letters only.
FONTS = ("NotoSans-Bold.ttf", "DejaVuSans-Bold.ttf")


def cover(space_id: str, title: str, host: str, site: str) -> bytes:
    """A JPEG; the same for the same words, on the same machine."""
    from PIL import Image, ImageColor, ImageDraw

    hue = int.from_bytes(hashlib.sha256(space_id.encode()).digest()[:2], "big") % 360
    picture = Image.new("RGB", (SIDE, SIDE), ImageColor.getrgb(f"hsl({hue}, 55%, 24%)"))
    drawing = ImageDraw.Draw(picture)
    drawing.rectangle((MARGIN, MARGIN, MARGIN + 160, MARGIN + 18), fill=f"hsl({hue}, 85%, 70%)")
    lines, size = _fitted(title)
    drawing.multiline_text((MARGIN, MARGIN + 80), "\n".join(lines), fill="white", font=_font(size), spacing=size // 4)
    below = ((MARGIN, SIDE - MARGIN), host)
    drawing.text(*below, fill=f"hsl({hue}, 70%, 85%)", font=_font(64), anchor="ls")
    above = ((SIDE - MARGIN, MARGIN + 18), site)
    drawing.text(*above, fill=f"hsl({hue}, 70%, 85%)", font=_fitted_font(site, SITE_WIDTH), anchor="rs")
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def _fitted(title: str) -> tuple[list[str], int]:
    """The largest letters in which the title fits."""
    for size, width in SIZES:
        lines = textwrap.wrap(title, width)
        if len(lines) <= MOST_LINES:
            return lines, size
    return textwrap.wrap(title, SIZES[-1][1])[:MOST_LINES], SIZES[-1][0]


def _fitted_font(line: str, width: int) -> "FreeTypeFont | ImageFont":
    """The largest in which a line keeps to its place."""
    fonts = (_font(size) for size in SITE_SIZES)
    return next((font for font in fonts if font.getlength(line) <= width), _font(SITE_SIZES[-1]))


def _font(size: int) -> "FreeTypeFont | ImageFont":
    from PIL import ImageFont

    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
