"""The documentation is tried: links lead somewhere, commands are accepted, and the script runs as it stands."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from benchmarks.page import PAGE, page
from tests.client.sound import write_tone
from tests.running import running_server
from voxhall.cli import app

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md"), *ROOT.glob("*/README.md")])
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def blocks(page: Path) -> Iterator[str]:
    for block in BLOCK.findall(page.read_text()):
        yield block.replace("\\\n", " ")


def test_links_lead_to_files_that_are_there() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in PAGES
        for link in LINK.findall(page.read_text())
        if not (page.parent / link).exists()
    ]
    assert broken == []


def test_the_site_shows_every_page() -> None:
    shown = (ROOT / "zensical.toml").read_text()
    pages = [str(page.relative_to(ROOT / "docs")) for page in ROOT.glob("docs/**/*.md")]
    assert sorted(page for page in pages if f'"{page}"' not in shown) == []


def test_the_page_of_what_was_measured_is_what_was_kept() -> None:
    assert page() == PAGE.read_text(), "python -m benchmarks.page"


def test_every_page_is_reached_from_the_first() -> None:
    first = (ROOT / "docs" / "index.md").read_text()
    named = {page.name for page in ROOT.glob("docs/*.md")} - {"index.md"}
    # Written for those who change the code; ARCHITECTURE.md and CONTRIBUTING.md lead to them.
    inner = {"jobs.md", "ranking.md"}
    assert sorted(name for name in named - inner if f"({name})" not in first) == []


def test_every_command_that_is_shown_is_accepted() -> None:
    """By the parser that would run it: the command, its options, and how many arguments it takes."""
    command = typer.main.get_command(app)
    shown = [line.strip() for page in PAGES for block in blocks(page) for line in block.splitlines()]
    lines = [re.sub(r"^(sudo )?(/opt/voxhall/bin/)?", "", line) for line in shown]
    lines = [line for line in lines if line.startswith("voxhall ")]
    assert len(lines) > 15
    for line in lines:
        _, *arguments = shlex.split(line, comments=True)
        context = command.make_context("voxhall", arguments[:])
        while hasattr(context.command, "resolve_command"):
            rest = [*context._protected_args, *context.args]
            _, inner, rest = context.command.resolve_command(context, rest)
            assert inner is not None, line
            context = inner.make_context(inner.name, rest, parent=context)


@pytest.mark.timeout(120)
def test_the_script_runs_as_it_stands(tmp_path: Path) -> None:
    steps = "".join(block for block in blocks(ROOT / "docs" / "script-it.md") if "SPACE" in block or "TOKEN=" in block)
    assert "voxhall speak" in steps
    write_tone(tmp_path / "talk.ogg", seconds=1)
    with running_server(tmp_path) as server:
        script = steps.replace("http://localhost:8400", server.url).replace("--seconds 30", "--seconds 1")
        settings = {"VOXHALL_DATA": str(server.data), "VOXHALL_SERVER": server.url}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("VOXHALL_")}
        environment |= settings | {"PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"}
        shell = shutil.which("sh") or "sh"
        answer = subprocess.run(
            [shell, "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
        )
        assert answer.returncode == 0, answer.stderr
        assert (tmp_path / "heard.ogg").read_bytes().startswith(b"OggS")
        assert '"state":"ended"' in answer.stdout
