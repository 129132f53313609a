"""`docs/benchmarks.md`: what `benchmarks/results` holds, as tables. `python -m benchmarks.page` writes it anew."""

import json
import re
from collections.abc import Iterator
from typing import Any

from benchmarks.report import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
RESULTS = ROOT / "benchmarks" / "results"
HEAD = """# What was measured

Made from `benchmarks/results` by `python -m benchmarks.page`: each table is one file as it was kept, with its commit,
its machine and how busy that was. The node, the browsers and the load shared one machine and its loopback interface:
compare CPU time and ratios, and take times of a busy machine for what they are. A `+` behind a commit says that the
checkout had changes.

To repeat one: `make bench ARGS=NAME`, with the name above its table; `make bench` runs all but `peers`, for which it is
`make bench-peers`. `benchmarks/README.md` says what each one does, what it needs, and what its figures do not say.
"""
WORDS = re.compile(r"\|(?: `(?P<name>\w+)(?:\.py|/)` \|)? (?P<claim>.*) \|")


def claims() -> dict[str, str]:
    """What each benchmark checks, by its name, out of the table in the README."""
    found = WORDS.finditer((ROOT / "benchmarks" / "README.md").read_text())
    return {match["name"]: match["claim"] for match in found if match["name"]}


def page() -> str:
    files = sorted(RESULTS.glob("*.json"))
    said = claims()
    return HEAD + "".join(section(file.stem, json.loads(file.read_text()), said) for file in files)


def section(name: str, kept: dict[str, Any], said: dict[str, str]) -> str:
    machine = kept["machine"]
    claim = said.get(kept["benchmark"], "")
    circumstances = (
        f"Commit {kept['commit']}; {machine['processor']}, {machine['cores']} cores, Linux {machine['kernel']}, "
        f"Python {machine['python']}; load {machine['load_1_minute']}."
    )
    return f"\n## {name}\n\n{claim}\n\n{circumstances}\n\n{table(kept['results'])}"


def table(results: Any) -> str:
    rows: list[tuple[tuple[str, ...], Any]] = []
    lists: list[tuple[tuple[str, ...], Any]] = []
    for path, value in leaves(results, ()):
        (lists if isinstance(value, list) else rows).append((path, value))
    lines = ["| what | figure |", "|---|---|"]
    lines += [f"| {' · '.join(path)} | {shown(value)} |" for path, value in rows]
    text = "\n".join(lines) + "\n" if rows else ""
    return text + "".join("\n" + listed(path, values) for path, values in lists)


def leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each single figure with where it stands, those of a list in one line; lists of records stay whole."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key.replace("_", " ")))
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        yield path, value
    else:
        yield path, (" / ".join(shown(one) for one in value) or "none") if isinstance(value, list) else value


def listed(path: tuple[str, ...], records: list[dict[str, Any]]) -> str:
    flat = [{" · ".join(at): one for at, one in leaves(record, ())} for record in records]
    columns = list(dict.fromkeys(name for record in flat for name in record))
    lines = [f"{' · '.join(path)}:\n", "| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(shown(record.get(name)) for name in columns) + " |" for record in flat]
    return "\n".join(lines) + "\n"


def shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1_000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "/")


if __name__ == "__main__":
    PAGE.write_text(page())
