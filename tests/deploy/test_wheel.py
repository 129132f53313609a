"""What packagers hand on: one wheel that needs nothing beside it, not even Node, and the source with the pages."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.running import running_server

ROOT = Path(__file__).parent.parent.parent
TOOLS = ROOT / ".venv" / "bin"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution, from what is compiled already."""
    out = tmp_path_factory.mktemp("dist")
    maturin = str(TOOLS / "maturin")
    subprocess.run([maturin, "build", "--release", "--locked", "--quiet", "--out", out], check=True, cwd=ROOT)
    subprocess.run([maturin, "sdist", "--out", out], check=True, cwd=ROOT, capture_output=True)
    return out


@pytest.fixture(scope="module")
def python(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment that holds the wheel and what it names, and nothing else."""
    environment = tmp_path_factory.mktemp("empty") / "environment"
    uv = [str(TOOLS / "uv"), "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, str(environment)], check=True)
    install = [*uv, "pip", "install", "--python", str(environment / "bin" / "python")]
    subprocess.run([*install, "--require-hashes", "-r", str(ROOT / "requirements" / "runtime.txt")], check=True)
    subprocess.run([*install, "--no-deps", str(next(built.glob("*.whl")))], check=True)
    return environment / "bin" / "python"


# Whichever comes first also pays for the build.
@pytest.mark.timeout(240)
def test_the_wheel_alone_serves_the_page_and_hosts_a_space(python: Path, tmp_path: Path) -> None:
    with running_server(tmp_path, program=[str(python), "-I", "-m", "voxhall"], path=str(python.parent)) as server:
        page = server.http.get("/")
        assert page.status_code == 200
        assert "_app/" in page.text
        ana = server.account("ana")
        space = server.open_space(ana)
        assert space["state"] == "live"
        heard = tmp_path / "heard.ogg"
        listen = ["listen", "--space", space["id"], "--server", server.url, "--seconds", "1", "--out", str(heard)]
        answer = subprocess.run([python, "-I", "-m", "voxhall", *listen], capture_output=True, check=False, timeout=60)
        assert answer.returncode == 0, answer.stderr
        assert heard.read_bytes().startswith(b"OggS")


@pytest.mark.timeout(240)
def test_one_wheel_fits_every_python_and_the_source_has_the_pages(built: Path) -> None:
    wheel = next(built.glob("*.whl"))
    assert "-cp311-abi3-" in wheel.name
    with tarfile.open(next(built.glob("*.tar.gz"))) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    assert {"src/voxhall/static/index.html", "rust/node/src/lib.rs", "Cargo.lock", "LICENSE", "NOTICE"} <= names


def test_help_and_version_load_next_to_nothing() -> None:
    """Modules are counted and not time: it is the same on every machine."""
    code = "import sys; from voxhall.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += "import json; print(); print(json.dumps(sorted(sys.modules)))"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VOXHALL_")}
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    loaded = json.loads(answer.stdout.splitlines()[-1])
    heavy = {
        "sqlalchemy",
        "fastapi",
        "alembic",
        "av",
        "acme",
        "cryptography",
        "pydantic",
        "structlog",
        "uvicorn",
        "asyncpg",
    }
    assert heavy & set(loaded) == set()
    # Python itself and typer are about 250.
    assert len(loaded) < 350
