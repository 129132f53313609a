"""Of one colour that an operator chose, the shades in which everything that wears it can be read, in both schemes.

The hue stays, the chroma as far as sRGB has it there; the lightness moves only as far as it must. Pure. Conversions:
CSS Color 4, sections 9.3 and 10; contrast: WCAG 2.2.
"""

import math
from dataclasses import dataclass

# Ours on light paper, as web/src/ui/theme.css has it.
ACCENT = "#b8341a"
# The papers of web/src/ui/theme.css, all of which carry the accent: a page, what is raised from it, what is sunk in.
LIGHT_PAPERS = ("#faf9f6", "#ffffff", "#f0eeea")
DARK_PAPERS = ("#141312", "#1e1c1a", "#2a2825")
# What WCAG asks for text; higher leaves less of the operator's colour.
LEAST_CONTRAST = 4.5
# A wash lies under words of ink, so it is hardly darker (lighter) than the papers: lightness, and the most chroma.
LIGHT_WASH, DARK_WASH = (0.95, 0.025), (0.26, 0.05)
# Words on the accent in the dark scheme, where it is bright: nearly black, with a breath of its hue.
DARK_WORDS = (0.2, 0.06)
# Each halves what is left between a lightness that holds and one that does not: twelve, and it is finer than a byte.
HALVINGS = 12


@dataclass(frozen=True, slots=True)
class Shades:
    """As #rrggbb: the accent on paper, words on the accent, and the accent as a paper of its own."""

    accent: str
    on_accent: str
    wash: str


@dataclass(frozen=True, slots=True)
class Palette:
    light: Shades
    dark: Shades


def palette(accent: str) -> Palette:
    """Of a colour #rrggbb."""
    _, chroma, hue = _to_oklch(accent)
    light_wash, dark_wash, dark_words = (
        _from_oklch(lightness, min(chroma, most), hue) for lightness, most in (LIGHT_WASH, DARK_WASH, DARK_WORDS)
    )
    light = _readable(accent, (*LIGHT_PAPERS, light_wash), 0.0)
    dark = _readable(accent, (*DARK_PAPERS, dark_wash), 1.0)
    return Palette(Shades(light, "#ffffff", light_wash), Shades(dark, dark_words, dark_wash))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    red, green, blue = _linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _readable(color: str, papers: tuple[str, ...], safe: float) -> str:
    """The colour itself where it holds, else the nearest to it on the way to `safe`: 0, black, or 1, white."""

    def holds(shade: str) -> bool:
        return all(contrast(shade, paper) >= LEAST_CONTRAST for paper in papers)

    if holds(color):
        return color
    failing, chroma, hue = _to_oklch(color)
    found = _from_oklch(safe, chroma, hue)
    for _ in range(HALVINGS):
        middle = (failing + safe) / 2
        shade = _from_oklch(middle, chroma, hue)
        if holds(shade):
            safe, found = middle, shade
        else:
            failing = middle
    return found


def _linear(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _light(red), _light(green), _light(blue)


def _light(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _byte(light: float) -> int:
    value = 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return round(255 * min(1.0, max(0.0, value)))


def _to_oklch(color: str) -> tuple[float, float, float]:
    red, green, blue = _linear(color)
    l = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)  # noqa: E741 - the cones' own names
    m = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    s = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    a = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s
    b = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s
    return 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s, math.hypot(a, b), math.atan2(b, a)


def _from_oklch(lightness: float, chroma: float, hue: float) -> str:
    """#rrggbb; of a colour that sRGB does not have, the one with as much of its chroma as there is."""
    least, most = 0.0, chroma
    if not _is_in_srgb(_light_of(lightness, chroma, hue)):
        for _ in range(HALVINGS):
            middle = (least + most) / 2
            if _is_in_srgb(_light_of(lightness, middle, hue)):
                least = middle
            else:
                most = middle
        chroma = least
    return "#" + "".join(f"{_byte(light):02x}" for light in _light_of(lightness, chroma, hue))


def _light_of(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3  # noqa: E741
    m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
        -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
        -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    )


def _is_in_srgb(lights: tuple[float, float, float]) -> bool:
    # What rounds to a byte is as good as inside.
    return all(-0.0002 <= light <= 1.0002 for light in lights)
