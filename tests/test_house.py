"""The rules of the house that a machine can hold, so that no reviewer has to."""

import ast
import importlib
import pkgutil
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import voxhall
from voxhall.config import Settings, variables_of
from voxhall.errors import VoxhallError

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "voxhall"
LINES_TO_TALK_ABOUT = 400
LINES_REFUSED = 600
# Folders of the package that are no feature: history, and what the build put there.
NOT_FEATURES = {"migrations", "static", "__pycache__"}
NOT_BY_HAND = {"node_modules", "static", ".svelte-kit", "build", "target", "__pycache__"}
FLOORLESS_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|misc|managers?)(_|$)")
OUTDATED_WORDS = re.compile(r"(?<![A-Za-z])(chat_?|audio_?)?rooms?(?![a-z])", re.IGNORECASE)
WORDS_NOT_ON_SCREEN = re.compile(r"\b(rooms?|calls?|channels?)\b", re.IGNORECASE)


def files(*patterns: str) -> Iterator[Path]:
    """Written by hand: nothing that is generated or installed."""
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            parts = set(path.relative_to(ROOT).parts)
            if path.is_file() and not parts & NOT_BY_HAND:
                yield path


def sources() -> list[Path]:
    return list(
        files(
            "src/**/*.py",
            "tests/**/*.py",
            "benchmarks/**/*.py",
            "scripts/*",
            "rust/**/*.rs",
            "web/src/**/*.ts",
            "web/src/**/*.svelte",
            "web/src/**/*.css",
            "web/tests/**/*.ts",
        )
    )


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def features() -> list[str]:
    return sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name not in NOT_FEATURES)


def test_no_file_is_too_long_to_read() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in sources()}
    for name, lines in sorted(lengths.items(), key=lambda item: -item[1]):
        if lines > LINES_TO_TALK_ABOUT:
            print(f"{name} has {lines} lines: time to split it")
    generated = {"web/src/api-types.ts"}
    assert {name: lines for name, lines in lengths.items() if lines > LINES_REFUSED and name not in generated} == {}


@pytest.mark.parametrize(
    ("pattern", "limit"),
    [("ARCHITECTURE.md", 150), ("CONTRIBUTING.md", 80), ("docs/decisions/*.md", 40)],
)
def test_documents_keep_to_their_length(pattern: str, limit: int) -> None:
    assert [name_of(path) for path in files(pattern) if len(path.read_text().splitlines()) > limit] == []


def test_the_code_map_shows_every_feature_and_crate() -> None:
    code_map = (ROOT / "ARCHITECTURE.md").read_text()
    places = [f"src/voxhall/{feature}/" for feature in features()]
    places += [f"rust/{path.parent.name}/" for path in files("rust/*/Cargo.toml")]
    assert [place for place in places if f"`{place}`" not in code_map] == []


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    assert [name_of(path) for path in sources() if FLOORLESS_NAMES.search(path.stem)] == []


def test_a_feature_is_used_through_its_actions_and_model() -> None:
    """Never through its tables or its routes."""
    found = []
    for feature in features():
        for path in files(f"src/voxhall/{feature}/**/*.py"):
            for module in imported_by(path):
                other = re.match(r"voxhall\.(\w+)\.(store|api)\b", module)
                if other and other[1] != feature:
                    found.append(f"{name_of(path)} imports {module}")
    assert found == []


def test_only_media_imports_the_rust_core() -> None:
    """The import contracts cannot say it: they see no module that is compiled."""
    importers = {path for path in files("src/**/*.py") if "voxhall.media._core" in set(imported_by(path))}
    assert [name_of(path) for path in importers if path.parent != PACKAGE / "media"] == []


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_a_space_is_called_a_space() -> None:
    """Everywhere: a second word for it would be a second thing."""
    product = [path for path in sources() if path.is_relative_to(ROOT / "src") or "src" in path.parts]
    assert [name_of(path) for path in product if OUTDATED_WORDS.search(without_prose(path))] == []


def without_prose(path: Path) -> str:
    """Sentences may say that a machine has room for more; names may not."""
    if path.suffix == ".py":
        with tokenize.open(path) as lines:
            names = [token.string for token in tokenize.generate_tokens(lines.readline) if token.type == tokenize.NAME]
        return " ".join(names)
    return re.sub(r'("[^"\n]*")|(//.*)|(/\*(.|\n)*?\*/)|(<!--(.|\n)*?-->)', "", path.read_text())


def test_the_screen_uses_the_words_of_the_house() -> None:
    for path in files("web/src/locales/en.json", "web/src/locales/en/*.json"):
        assert WORDS_NOT_ON_SCREEN.findall(path.read_text()) == [], name_of(path)


def all_errors() -> set[type[VoxhallError]]:
    for module in pkgutil.walk_packages(voxhall.__path__, "voxhall."):
        if not module.name.startswith("voxhall.migrations") and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: set[type[VoxhallError]] = set()
    waiting: list[type[VoxhallError]] = [VoxhallError]
    while waiting:
        error = waiting.pop()
        found.add(error)
        waiting += error.__subclasses__()
    return {error for error in found if error.__module__.startswith("voxhall.")}


def test_every_error_code_is_documented() -> None:
    page = (ROOT / "docs" / "errors.md").read_text()
    codes = {error.code for error in all_errors()}
    assert sorted(code for code in codes if f"| `{code}` |" not in page) == []


def test_one_error_code_has_one_status() -> None:
    statuses: dict[str, set[int]] = {}
    for error in all_errors():
        statuses.setdefault(error.code, set()).add(error.status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    names = [one for name, field in Settings.model_fields.items() for one in variables_of(name, field)]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_migrations_are_one_line_of_history() -> None:
    """Two that follow the same one keep every server from starting."""
    versions = [path.stem for path in files("src/voxhall/migrations/versions/0*.py")]
    assert [name[:4] for name in versions] == [f"{number:04}" for number in range(1, len(versions) + 1)]
    for path in files("src/voxhall/migrations/versions/0*.py"):
        number = int(path.stem[:4])
        before = f'"{number - 1:04}"' if number > 1 else "None"
        assert f'\nrevision = "{number:04}"\ndown_revision = {before}\n' in path.read_text(), path.name


def test_locks_name_no_registry() -> None:
    """Who builds decides where packages come from; the hashes say which they are."""
    for path in files("requirements/*.txt"):
        text = path.read_text()
        assert "://" not in text, name_of(path)
        assert "--hash=sha256:" in text, name_of(path)
    for path in files("web/package-lock.json", "tests/*/package-lock.json"):
        assert '"resolved"' not in path.read_text(), name_of(path)


def test_no_promise_of_a_page_is_taken_for_its_answer() -> None:
    """Playwright's `wait_for_function` does not wait for one: an async function counts as true at once."""
    waits = re.compile(r"wait_for_function\(\s*f?\"+\s*async\b")
    code = {name_of(path): path.read_text() for path in files("tests/**/*.py", "scripts/**/*.py", "benchmarks/**/*.py")}
    assert [name for name, text in code.items() if waits.search(text)] == []


def test_what_routes_are_handed_costs_no_thread() -> None:
    """A dependency that is not async is called in a thread, for each request: half as much again as a join."""
    asked = {
        name for path in sources() for name in re.findall(r"Depends\((\w+)\)", path.read_text()) if "src" in path.parts
    }
    code = "\n".join(path.read_text() for path in files("src/**/*.py"))
    assert sorted(name for name in asked if f"async def {name}(" not in code) == []
