"""docs/screens/README.md: what is pictured, a row for each state, the pictures beside each other."""

from collections.abc import Sequence

from scripts.screens.studio import FOLDER, SCHEMES, SIZES, Scene

HEAD = """# Screens

Every page and state, taken by `make screens` from a running server in Chromium: 360, 768 and 1280 px, light and dark.
Times, levels and ids are of the moment they were taken.
"""


def write(scenes: Sequence[Scene]) -> None:
    parts = [HEAD]
    # The longest name that fits owns a picture: `replay-search` is not the scene `replay`.
    owners: dict[str, list[str]] = {scene.name: [] for scene in scenes}
    for label in _labels():
        fitting = [name for name in owners if label == name or label.startswith(f"{name}-")]
        if fitting:
            owners[max(fitting, key=len)].append(label)
    for scene in scenes:
        parts.append(f"\n## {scene.name}\n\n{scene.about}\n")
        parts += [_row(label) for label in owners[scene.name]]
    (FOLDER / "README.md").write_text("".join(parts))


def _labels() -> list[str]:
    ending = f"-{min(SIZES)}-{SCHEMES[0]}.webp"
    return sorted(path.name.removesuffix(ending) for path in FOLDER.glob(f"*{ending}"))


def _row(label: str) -> str:
    pictures = [
        f'<img src="{label}-{width}-{scheme}.webp" alt="{label}, {width} px, {scheme}" height="260">'
        for width in SIZES
        for scheme in SCHEMES
    ]
    return f"\n**{label}**\n\n" + "\n".join(pictures) + "\n"
