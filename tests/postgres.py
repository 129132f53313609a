"""A private PostgreSQL cluster from the system's packages, for one run of the suite: a socket in a temporary folder, no
port, no durability, gone at the end."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# PostgreSQL refuses to run as root; this is the account its packages make.
ACCOUNT = "postgres"
# The suite is worth nothing after a crash of the machine, so nothing waits for the disk.
OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c listen_addresses="


@dataclass(frozen=True)
class Cluster:
    folder: Path
    _bin: Path

    def new_database(self, name: str, copied_from: str = "template1") -> str:
        """The settings' address of a fresh database, which is empty unless it is a copy."""
        self._psql(f'CREATE DATABASE "{name}" TEMPLATE "{copied_from}"')
        return f"postgresql://{ACCOUNT}@/{name}?host={self.folder}"

    def drop_database(self, name: str) -> None:
        self._psql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _psql(self, statement: str) -> None:
        command = [str(self._bin / "psql"), "-h", str(self.folder), "-U", ACCOUNT, "-q", "-c", statement, "postgres"]
        subprocess.run(command, check=True, capture_output=True)


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    bin_folder = _bin_folder()
    folder = Path(tempfile.mkdtemp(prefix="voxhall-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, ACCOUNT)
        data = folder / "data"
        _run(bin_folder / "initdb", "-D", data, "-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        control = bin_folder / "pg_ctl"
        _run(control, "start", "-w", "-D", data, "-l", folder / "log", "-o", f"{OPTIONS} -k {folder}")
        try:
            yield Cluster(folder, bin_folder)
        finally:
            _run(control, "stop", "-w", "-m", "immediate", "-D", data)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: object) -> None:
    as_account = ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups"] if os.geteuid() == 0 else []
    # Into nowhere and not into a pipe: the server inherits it and would keep it open.
    subprocess.run([*as_account, *map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd="/")


def _bin_folder() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parent.parent.name))
    initdb = found[-1] if found else shutil.which("initdb")
    if initdb is None:
        raise RuntimeError("The suite needs PostgreSQL's programs: install the package postgresql (it is not started).")
    return Path(initdb).parent
