"""From whatever somebody sends to a small square picture: decoded, turned, cut, scaled, written anew.

Nothing of the file itself goes on: no metadata, no place where it was taken, no second picture behind the first, no
bytes that another decoder might read as something else. Pure, and slow enough to be called beside the loop.
"""

import io
import warnings

from PIL import Image, ImageOps

from voxhall.errors import InvalidError

# What phones and browsers write. Each further format is a decoder more that strangers can reach.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
# A telephone's picture has 12 million; 25 million take 100 MB while they are scaled, one picture at a time.
MAX_PIXELS = 25_000_000
MAX_UPLOAD_BYTES = 8 * 1024 * 1024
# 112 px is the largest face on a page, on a screen of double density.
SIDE_PX = 256
QUALITY = 82
PAPER = (250, 249, 246)
MEDIA_TYPE = "image/webp"


def face_of(sent: bytes) -> bytes:
    """WebP, SIDE_PX on each side, the middle of what was sent; InvalidError for what is no picture."""
    try:
        with warnings.catch_warnings():
            # Pillow only warns of what it thinks is a bomb; the limit here is lower, and refuses.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(sent), formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise InvalidError.of("picture", "At most 25 million pixels.")
                return _drawn(picture)
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError, MemoryError, Image.DecompressionBombError):
        raise InvalidError.of("picture", "This is no picture that can be read: JPEG, PNG, WebP or GIF.") from None


def _drawn(picture: Image.Image) -> bytes:
    # A large JPEG is decoded at a fraction of its size in the first place.
    picture.draft("RGB", (2 * SIDE_PX, 2 * SIDE_PX))
    turned = ImageOps.exif_transpose(picture).convert("RGBA")
    square = ImageOps.fit(turned, (SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    # What was transparent gets the page's paper, so that a face looks the same on light and on dark.
    whole = Image.new("RGB", square.size, PAPER)
    whole.paste(square, mask=square.getchannel("A"))
    out = io.BytesIO()
    whole.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()
