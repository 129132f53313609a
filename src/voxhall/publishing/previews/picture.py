"""The picture of a shared link: 1200 × 630 pixels, what it is about in letters that a thumbnail keeps readable."""

import io
import unicodedata
from dataclasses import dataclass

from PIL import Image, ImageDraw

from voxhall.publishing.brand.colors import ACCENT
from voxhall.publishing.previews import fonts

WIDTH, HEIGHT = 1200, 630
MARGIN = 72
PAPER, INK, SOFT, LINE = "#faf9f6", "#1a1917", "#5d5953", "#e0dcd4"
# Sizes of the title, the first with which it fits its place, and the place.
TITLE_SIZES_PX = (76, 64, 54, 48)
TITLE_TOP, TITLE_HEIGHT = 176, 250
LINE_HEIGHT = 1.28
NAME_SIZE_PX = 36
SMALL_SIZE_PX = 30
MARK_TOP, MARK_PX, SITE_LEFT = 68, 56, MARGIN + 76
FACE_PX = 84
# Of those on the stage besides the host so many are seen; with more of them the host's name would have no place.
MOST_OTHERS, GAP_PX = 5, 10


@dataclass(frozen=True, slots=True)
class Face:
    """Somebody on the stage: the id of their picture, and the picture as it is served."""

    name: str
    picture: str | None = None
    image: bytes | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that is on the picture; equal facts are one picture."""

    site: str
    title: str
    name: str
    # "Live", "29 November 2026, 18:30 UTC", "Replay"; empty for none.
    state: str
    is_live: bool
    # The host's or the person's own face, as it is served.
    face: bytes | None = None
    # Who stands on the stage with the host, in the order in which they came.
    others: tuple[Face, ...] = ()
    accent: str = ACCENT
    # An operator's, square, as a PNG; without it, the waves in the accent's colour.
    logo: bytes | None = None


def draw(shown: Shown) -> bytes:
    """PNG with a palette: letters on paper need no more colours, and a preview is fetched by every site anew."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, WIDTH, 12), fill=shown.accent)
    if shown.logo is None:
        _mark(pen, shown.accent)
    else:
        _logo(picture, shown.logo)
    right = _state(picture, pen, shown) if shown.state else WIDTH - MARGIN
    _line(
        picture, _fitted(shown.site, right - SITE_LEFT - GAP_PX), NAME_SIZE_PX, SITE_LEFT, 74, INK, right_to_left=False
    )
    _title(picture, shown.title)
    if shown.name:
        _by(picture, pen, shown)
    out = io.BytesIO()
    picture.quantize(128, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG")
    return out.getvalue()


def _mark(pen: ImageDraw.ImageDraw, accent: str) -> None:
    """The waves, as on our pages."""
    left, top = MARGIN, MARK_TOP
    pen.rounded_rectangle((left, top, left + MARK_PX, top + MARK_PX), 16, fill=accent)
    for place, (begin, end) in enumerate(((24, 32), (18, 38), (22, 34), (13, 43), (24, 32))):
        x = left + 14 + place * 7
        pen.line((x, top + begin, x, top + end), fill="white", width=4)


def _logo(picture: Image.Image, logo: bytes) -> None:
    with Image.open(io.BytesIO(logo)) as whole:
        drawn = whole.convert("RGBA").resize((MARK_PX, MARK_PX), Image.Resampling.LANCZOS)
    picture.paste(drawn, (MARGIN, MARK_TOP), drawn)


def _state(picture: Image.Image, pen: ImageDraw.ImageDraw, shown: Shown) -> int:
    """At the end of the first line; where it begins."""
    width = _width(shown.state, SMALL_SIZE_PX)
    x = WIDTH - MARGIN - width
    color = shown.accent if shown.is_live else SOFT
    if shown.is_live:
        pen.ellipse((x - 34, 88, x - 14, 108), fill=color)
    _line(picture, shown.state, SMALL_SIZE_PX, x, 78, color, right_to_left=False)
    return x - 34 if shown.is_live else x


def _title(picture: Image.Image, title: str) -> None:
    limit = WIDTH - 2 * MARGIN
    size, lines = TITLE_SIZES_PX[-1], [title]
    for size in TITLE_SIZES_PX:
        lines = _wrapped(title, size, limit)
        if len(lines) * size * LINE_HEIGHT <= TITLE_HEIGHT:
            break
    height = round(size * LINE_HEIGHT)
    most = TITLE_HEIGHT // height
    if len(lines) > most:
        lines = [*lines[: most - 1], _shortened(lines[most - 1], size, limit)]
    is_rtl = fonts.is_right_to_left(title)
    top = TITLE_TOP + (TITLE_HEIGHT - height * len(lines)) // 2
    for line in lines:
        x = WIDTH - MARGIN - _width(line, size) if is_rtl else MARGIN
        _line(picture, line, size, x, top, INK, right_to_left=is_rtl)
        top += height


def _by(picture: Image.Image, pen: ImageDraw.ImageDraw, shown: Shown) -> None:
    name = shown.name
    top = HEIGHT - MARGIN - FACE_PX
    pen.line((MARGIN, top - 32, WIDTH - MARGIN, top - 32), fill=LINE, width=2)
    _face(picture, pen, name, shown.face, MARGIN, top)
    limit = WIDTH - 2 * MARGIN - FACE_PX - 28 - _others(picture, pen, shown.others, top)
    line = _fitted(name, limit)
    _line(picture, line, NAME_SIZE_PX, MARGIN + FACE_PX + 28, top + 16, INK, right_to_left=fonts.is_right_to_left(line))


def _others(picture: Image.Image, pen: ImageDraw.ImageDraw, others: tuple[Face, ...], top: int) -> int:
    """The rest of the stage, at the end of the line; how much of it they take."""
    if not others:
        return 0
    right = WIDTH - MARGIN
    if len(others) > MOST_OTHERS:
        more = f"+{len(others) - MOST_OTHERS}"
        right -= _width(more, SMALL_SIZE_PX)
        _line(picture, more, SMALL_SIZE_PX, right, top + 20, SOFT, right_to_left=False)
        right -= 14
    seen = others[:MOST_OTHERS]
    left = right - len(seen) * (FACE_PX + GAP_PX) + GAP_PX
    for number, one in enumerate(seen):
        _face(picture, pen, one.name, one.image, left + number * (FACE_PX + GAP_PX), top)
    return WIDTH - MARGIN - left + 28


def _face(picture: Image.Image, pen: ImageDraw.ImageDraw, name: str, face: bytes | None, left: int, top: int) -> None:
    """A picture in a circle, or the letters of a name."""
    if face is not None:
        _round(picture, face, left, top)
        return
    pen.ellipse((left, top, left + FACE_PX, top + FACE_PX), fill=LINE)
    letters = "".join(word[0] for word in (name.split()[:1] + name.split()[1:][-1:])).upper()
    x = left + (FACE_PX - _width(letters, SMALL_SIZE_PX)) // 2
    _line(picture, letters, SMALL_SIZE_PX, x, top + 20, INK, right_to_left=fonts.is_right_to_left(letters))


def _round(picture: Image.Image, face: bytes, left: int, top: int) -> None:
    drawn = Image.open(io.BytesIO(face)).convert("RGB").resize((FACE_PX, FACE_PX), Image.Resampling.LANCZOS)
    # Four times as large and scaled down: Pillow draws no smooth edge by itself.
    mask = Image.new("L", (4 * FACE_PX, 4 * FACE_PX), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, 4 * FACE_PX - 1, 4 * FACE_PX - 1), fill=255)
    picture.paste(drawn, (left, top), mask.resize((FACE_PX, FACE_PX), Image.Resampling.LANCZOS))


def _wrapped(text: str, size_px: int, limit: int) -> list[str]:
    lines = [""]
    for piece in _pieces(text):
        if lines[-1] and _width((lines[-1] + piece).rstrip(), size_px) > limit:
            lines[-1] = lines[-1].rstrip()
            lines.append(piece.lstrip())
        else:
            lines[-1] += piece
    return [line for line in lines if line.strip()]


def _fitted(name: str, limit: int) -> str:
    return name if _width(name, NAME_SIZE_PX) <= limit else _shortened(name, NAME_SIZE_PX, limit)


def _shortened(text: str, size_px: int, limit: int) -> str:
    while _width(f"{text}…", size_px) > limit:
        text = text[:-1].rstrip()
    return f"{text}…"


def _pieces(text: str) -> list[str]:
    """Where a line may end: behind a space, and behind every character of the scripts that write none."""
    pieces = [""]
    for character in text:
        pieces[-1] += character
        if character.isspace() or unicodedata.east_asian_width(character) in {"W", "F"} or len(pieces[-1]) >= 24:
            pieces.append("")
    return [piece for piece in pieces if piece]


def _width(text: str, size_px: int) -> int:
    return sum(_run_width(names, run, size_px) for names, run in fonts.runs(text))


def _run_width(names: fonts.Names, run: str, size_px: int) -> int:
    width = fonts.font(names, size_px).getlength(run)
    return round(width * size_px * 1.1 / fonts.EMOJI_SIZE_PX if _is_emoji(names) else width)


def _is_emoji(names: fonts.Names) -> bool:
    return names == fonts.EMOJI and fonts.has_emoji()


def _line(picture: Image.Image, text: str, size_px: int, x: int, top: int, color: str, *, right_to_left: bool) -> None:
    """Runs side by side on one baseline, the first of them at the right where the line reads from there."""
    pieces = list(fonts.runs(text))
    pen = ImageDraw.Draw(picture)
    baseline = top + size_px
    for names, run in reversed(pieces) if right_to_left else pieces:
        if _is_emoji(names):
            _emoji(picture, run, size_px, x, baseline)
        else:
            pen.text((x, baseline), run, color, fonts.font(names, size_px), anchor="ls")
        x += _run_width(names, run, size_px)


def _emoji(picture: Image.Image, run: str, size_px: int, x: int, baseline: int) -> None:
    font = fonts.font(fonts.EMOJI, size_px)
    drawn = Image.new("RGBA", (max(1, round(font.getlength(run))), fonts.EMOJI_SIZE_PX + 20), (0, 0, 0, 0))
    ImageDraw.Draw(drawn).text((0, 0), run, font=font, embedded_color=True)
    share = size_px * 1.1 / fonts.EMOJI_SIZE_PX
    small = drawn.resize((max(1, round(drawn.width * share)), max(1, round(drawn.height * share))))
    picture.paste(small, (x, baseline - round(size_px * 0.95)), small)
