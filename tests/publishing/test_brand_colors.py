"""Whatever colour an operator writes: everything that wears it can be read, and it is still theirs."""

import colorsys
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxhall.publishing.brand.colors import ACCENT, DARK_PAPERS, LIGHT_PAPERS, Shades, contrast, palette

THEME = Path(__file__).parent.parent.parent / "web" / "src" / "ui" / "theme.css"
# WCAG 2.2, 1.4.3 and 1.4.6.
TEXT, LONG_TEXT = 4.5, 7.0

colors = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def themes(name: str) -> tuple[str, str]:
    """What the theme says in the light and in the dark scheme."""
    found = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\);", THEME.read_text())
    assert found, name
    return found[1], found[2]


def hue(color: str) -> float:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 360 * colorsys.rgb_to_hls(red, green, blue)[0]


def test_papers_and_our_accent_are_those_of_the_theme() -> None:
    papers = [themes(name) for name in ("paper", "paper-raised", "paper-sunk")]
    assert list(zip(*papers, strict=True)) == [LIGHT_PAPERS, DARK_PAPERS]
    assert themes("accent")[0] == ACCENT


@given(colors)
def test_every_accent_is_readable_on_every_paper_and_carries_words(accent: str) -> None:
    found = palette(accent)
    inks = themes("ink")
    for shades, papers, ink in ((found.light, LIGHT_PAPERS, inks[0]), (found.dark, DARK_PAPERS, inks[1])):
        for paper in (*papers, shades.wash):
            assert contrast(shades.accent, paper) >= TEXT, paper
        assert contrast(shades.on_accent, shades.accent) >= TEXT
        # A button under the pointer is the accent with some ink in it: between the two, words hold on both.
        assert contrast(shades.on_accent, ink) >= TEXT
        assert contrast(ink, shades.wash) >= LONG_TEXT


def test_contrast_is_measured_as_the_world_measures_it() -> None:
    """Black on white is 21:1, and #767676 the lightest grey whose words are readable on white."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") > TEXT > contrast("#777777", "#ffffff")


@pytest.mark.parametrize(("accent", "scheme"), [("#0b6e4f", "light"), ("#b8341a", "light"), ("#ffee00", "dark")])
def test_a_colour_that_can_be_read_stays_as_it_was_written(accent: str, scheme: str) -> None:
    shades: Shades = getattr(palette(accent), scheme)
    assert shades.accent == accent


@pytest.mark.parametrize("accent", ["#ffee00", "#00ff88", "#ff00ff", "#001f5c", "#7fd4ff"])
def test_the_hue_stays_and_only_the_lightness_moves_as_far_as_it_must(accent: str) -> None:
    found = palette(accent)
    for shades, papers in ((found.light, LIGHT_PAPERS), (found.dark, DARK_PAPERS)):
        # A hue of equal appearance is not quite one of equal numbers: those of blue turn the most.
        assert abs((hue(shades.accent) - hue(accent) + 180) % 360 - 180) < 20
        if shades.accent != accent:
            closest = min(contrast(shades.accent, paper) for paper in (*papers, shades.wash))
            assert closest < TEXT + 0.1
