"""The small picture that stands for this server: an operator's logo, else our waves in the accent's colour.

Drawn by Pillow alone, which reads no SVG: a home screen and a shared link take nothing but pixels.
"""

import io
import threading
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageStat

from voxhall.publishing.brand.colors import DARK_PAPERS, LIGHT_PAPERS, contrast
from voxhall.publishing.brand.logo import is_seen

SVG, PNG = "image/svg+xml", "image/png"
# The waves: on a square of 32, where each stroke stands, begins and ends; all are so broad.
STROKES = ((8, 13.5, 18.5), (12, 10, 22), (16, 12.5, 19.5), (20, 7.5, 24.5), (24, 13.5, 18.5))
STROKE_WIDTH = 2.5
# How large they are on an icon that is cut to any shape: within the circle that all shapes leave (W3C Manifest, 80 %).
ICON_SCALE = 0.72
# Pillow draws no smooth edge by itself: drawn so many times as large, and scaled down.
FINER = 4
# On a page it is 28 px high: this is enough for a screen of four times the density.
PAGE_SIDE_PX = 128
# How much of a home screen's icon a logo takes: with air around it, unless it fills its square with its own background.
TOUCH_SHARE = 0.8
# The same of an icon that is cut to any shape: nothing but background reaches out of the circle that all shapes leave.
# A round logo, or one with its own background around it, is as large as that circle, a square one as the square in it.
ROUND_SHARE, SQUARE_SHARE = 0.78, 0.55
# What is fainter at the corners than this is no part of the logo, but the smooth edge of what is.
FAINT = 32


class Mark:
    def __init__(self, accent: str, logo: Image.Image | None) -> None:
        self._accent, self._logo = accent, logo
        self._drawn: dict[str, bytes] = {}
        self._turn = threading.Lock()

    @property
    def media_type(self) -> str:
        """Of what stands on pages."""
        return SVG if self._logo is None else PNG

    def on_pages(self) -> bytes:
        """For the head of each page and the browser's tab."""
        if self._logo is None:
            return _svg(self._accent).encode()
        logo = self._logo
        return self._once("page", lambda: _scaled(logo, PAGE_SIDE_PX))

    def on_preview(self) -> bytes | None:
        """A logo for the picture of a shared link, which has the waves itself."""
        return self.on_pages() if self._logo is not None else None

    def icon(self, side_px: int) -> bytes:
        """A square, as it is: what is transparent in a logo stays so."""
        logo = self._logo
        if logo is None:
            return self._waves(side_px)
        return self._once(f"icon {side_px}", lambda: _scaled(logo, side_px))

    def touch_icon(self, side_px: int) -> bytes:
        """A square with nothing transparent, whose corners Apple's home screens make round."""
        logo = self._logo
        if logo is None:
            return self._waves(side_px)
        share = 1.0 if _is_full(logo) else TOUCH_SHARE
        return self._once(f"touch {side_px}", lambda: _laid_out(logo, side_px, share))

    def maskable_icon(self, side_px: int) -> bytes:
        """A square with nothing transparent, from which any shape may be cut."""
        logo = self._logo
        if logo is None:
            return self._waves(side_px)
        share = ROUND_SHARE if _is_full(logo) or _is_round(logo) else SQUARE_SHARE
        return self._once(f"maskable {side_px}", lambda: _laid_out(logo, side_px, share))

    def _waves(self, side_px: int) -> bytes:
        return self._once(f"waves {side_px}", lambda: _waves(self._accent, side_px))

    def _once(self, name: str, draw: Callable[[], Image.Image]) -> bytes:
        with self._turn:
            if name not in self._drawn:
                out = io.BytesIO()
                draw().save(out, "PNG", optimize=True)
                self._drawn[name] = out.getvalue()
            return self._drawn[name]


def _svg(accent: str) -> str:
    path = "".join(f"M{x} {begin}v{end - begin}" for x, begin, end in STROKES)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="9" fill="{accent}"/>'
        f'<path d="{path}" stroke="#fff" stroke-width="{STROKE_WIDTH}" stroke-linecap="round"/></svg>'
    )


def _waves(accent: str, side_px: int) -> Image.Image:
    large = FINER * side_px
    unit = ICON_SCALE * large / 32
    picture = Image.new("RGB", (large, large), accent)
    pen = ImageDraw.Draw(picture)
    half = STROKE_WIDTH / 2
    for stroke in STROKES:
        x, begin, end = (large / 2 + (place - 16) * unit for place in stroke)
        box = (x - half * unit, begin - half * unit, x + half * unit, end + half * unit)
        pen.rounded_rectangle(box, half * unit, fill="white")
    return picture.resize((side_px, side_px), Image.Resampling.LANCZOS)


def _scaled(logo: Image.Image, side_px: int) -> Image.Image:
    return logo.resize((side_px, side_px), Image.Resampling.LANCZOS)


def _laid_out(logo: Image.Image, side_px: int, share: float) -> Image.Image:
    """In the middle, on its own background or on paper."""
    inner = round(side_px * share)
    small = _scaled(logo, inner)
    ground = logo.convert("RGB").getpixel((0, 0)) if _is_full(logo) else _paper_for(logo)
    picture = Image.new("RGB", (side_px, side_px), ground)
    place = (side_px - inner) // 2
    picture.paste(small, (place, place), small)
    return picture


def _is_full(logo: Image.Image) -> bool:
    corner = logo.getchannel("A").getpixel((0, 0))
    return corner == 255


def _is_round(logo: Image.Image) -> bool:
    """Whether nothing of it is outside the largest circle in it."""
    seen = _scaled(logo, PAGE_SIDE_PX).getchannel("A")
    ImageDraw.Draw(seen).ellipse((0, 0, PAGE_SIDE_PX - 1, PAGE_SIDE_PX - 1), fill=0)
    return seen.point(lambda alpha: 255 if alpha >= FAINT else 0).getbbox() is None


def _paper_for(logo: Image.Image) -> str:
    """Of the light and the dark one that on which it is seen better."""
    means = ImageStat.Stat(logo.convert("RGB"), logo.getchannel("A").point(is_seen)).mean
    color = "#" + "".join(f"{round(mean):02x}" for mean in means)
    return max((LIGHT_PAPERS[0], DARK_PAPERS[0]), key=lambda paper: contrast(paper, color))
