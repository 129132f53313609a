"""An operator's logo, read once when the server starts: decoded and made square, nothing of the file itself goes on."""

import io
import warnings
from pathlib import Path

from PIL import Image

from voxhall.errors import SettingsError

# The largest icon of a home screen: a smaller logo would be blurred there.
LEAST_SIDE_PX = 512
# 64 MB while it is read; nobody sees more of it than 512.
MOST_SIDE_PX = 4096
MOST_BYTES = 4 * 1024 * 1024
# Longer than high (or the other way round) by so much; what is longer would be too small to be read where it stands.
MOST_LONGER = 1.25


def read_logo(path: Path) -> Image.Image:
    """LEAST_SIDE_PX on each side, with transparency. SettingsError, which says why, for what cannot be used."""
    picture = _decoded(_bytes(path))
    width, height = picture.size
    side = max(width, height)
    if side > MOST_LONGER * min(width, height):
        raise _refused(f"it is {width} × {height} pixels; it must be square or nearly so")
    if not LEAST_SIDE_PX <= side <= MOST_SIDE_PX:
        raise _refused(f"it is {width} × {height} pixels; give it between {LEAST_SIDE_PX} and {MOST_SIDE_PX}")
    whole = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    whole.paste(picture, ((side - width) // 2, (side - height) // 2))
    logo = whole.resize((LEAST_SIDE_PX, LEAST_SIDE_PX), Image.Resampling.LANCZOS)
    if logo.getchannel("A").point(is_seen).getbbox() is None:
        raise _refused("there is nothing to be seen on it")
    return logo


def is_seen(alpha: int) -> int:
    """As a mask: what is less than half transparent."""
    return 255 if alpha > 127 else 0


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _refused(f"the file cannot be read ({error.strerror})") from None
    if len(content) > MOST_BYTES:
        raise _refused(f"it is larger than {MOST_BYTES // 1024 // 1024} MiB")
    return content


def _decoded(content: bytes) -> Image.Image:
    if content.lstrip().startswith((b"<svg", b"<?xml", b"<!")):
        raise _refused(
            f"it is an SVG. Give it as a PNG of {LEAST_SIDE_PX} pixels: home screens and shared links show no SVG"
        )
    try:
        with warnings.catch_warnings():
            # Pillow only warns of what it thinks is a bomb.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
                # One that is too large is refused by its sides, without what it takes to decode it.
                return picture.convert("RGBA") if max(picture.size) <= MOST_SIDE_PX else picture
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError, MemoryError, Image.DecompressionBombError):
        raise _refused("it is no PNG that can be read") from None


def _refused(why: str) -> SettingsError:
    return SettingsError(f"site_logo cannot be used: {why}.")
