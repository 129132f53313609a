"""What a brand says of itself to browsers: tags for the head of a page, a stylesheet, a manifest. Pure."""

from dataclasses import dataclass
from html import escape

from voxhall.errors import JsonObject
from voxhall.publishing.brand.colors import ACCENT, LIGHT_PAPERS, Palette
from voxhall.publishing.brand.mark import Mark

# Under an icon there is room for so many characters, says Chrome; longer names are cut off there.
SHORT_NAME_LENGTH = 12


@dataclass(frozen=True)
class Brand:
    name: str
    # None: the colours of theme.css.
    palette: Palette | None
    mark: Mark
    # Another one for another name, accent or logo.
    version: str

    @property
    def accent(self) -> str:
        """On light paper."""
        return self.palette.light.accent if self.palette else ACCENT


def tags(brand: Brand) -> str:
    """For the head of every page."""
    version = f"?v={brand.version}"
    lines = [
        f'<meta name="application-name" content="{escape(brand.name)}" />',
        f'<link rel="icon" href="/mark{version}" type="{brand.mark.media_type}" />',
        f'<link rel="apple-touch-icon" href="/icon-180.png{version}" />',
        '<link rel="manifest" href="/manifest.webmanifest" />',
    ]
    if brand.palette:
        lines.append(f'<link rel="stylesheet" href="/brand.css{version}" />')
    return "\n".join(lines)


def manifest_of(brand: Brand) -> JsonObject:
    """W3C Web Application Manifest. What makes it installable: a name, icons of 192 and 512 pixels, `standalone`."""

    def icon(path: str, size: int, purpose: str) -> JsonObject:
        source = f"{path}?v={brand.version}"
        return {"src": source, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}

    return {
        "name": brand.name,
        "short_name": short_name(brand.name),
        "description": "Live audio spaces: listen at once, speak when you are brought onto the stage.",
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": LIGHT_PAPERS[0],
        "theme_color": LIGHT_PAPERS[0],
        "icons": [
            icon("/icon-192.png", 192, "any"),
            icon("/icon-512.png", 512, "any"),
            icon("/icon-maskable.png", 512, "maskable"),
        ],
    }


def short_name(name: str) -> str:
    """As many of its first words as a home screen has room for; the name, where not even one fits."""
    words = name.split()
    fitting = [
        " ".join(words[:count])
        for count in range(1, len(words) + 1)
        if len(" ".join(words[:count])) <= SHORT_NAME_LENGTH
    ]
    return fitting[-1] if fitting else name


def stylesheet(colors: Palette | None) -> str:
    if colors is None:
        return ""
    light, dark = colors.light, colors.dark
    # Three times the root: more than any rule of theme.css, whichever of the two a browser has first. One from before
    # light-dark() keeps our accent, which the build has written for it in another way, and is not left without any.
    return (
        "@supports (color: light-dark(#000, #fff)) {\n"
        ":root:root:root {\n"
        f"  --accent: light-dark({light.accent}, {dark.accent});\n"
        f"  --on-accent: light-dark({light.on_accent}, {dark.on_accent});\n"
        f"  --accent-wash: light-dark({light.wash}, {dark.wash});\n"
        "}\n}\n"
    )
