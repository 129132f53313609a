"""The picture on a download."""

import io

import pytest
from PIL import Image, ImageChops

from voxhall.recordings.downloads.cover import MARGIN, SIDE, cover


def drawn(site: str) -> Image.Image:
    return Image.open(io.BytesIO(cover("sp_1", "An evening", "Ana", site)))


@pytest.mark.parametrize("site", ["Radio Harbour", "M" * 60])
def test_it_says_whose_server_it_is_from_and_nothing_of_it_hides_anything_else(site: str) -> None:
    changed = ImageChops.difference(drawn(" "), drawn(site)).convert("L").point(lambda value: 255 if value > 40 else 0)
    left, top, right, bottom = changed.getbbox() or (0, 0, 0, 0)
    # Between the short stroke at the left and the margin at the right, above the title.
    assert MARGIN + 160 < left < right <= SIDE - MARGIN + 8
    assert 0 < top < bottom < MARGIN + 80
