"""Asks who knows of weaknesses in what the locks name: fails on a finding, says so where no one answers.

A registry that serves packages but no advisories is common behind company walls; there the check costs a line.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
TIMEOUT_S = 90


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )


def python_findings() -> list[str] | None:
    """None when nobody answered for any package."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "audit.json")
        lock = ROOT / "requirements" / "runtime.txt"
        run(
            BIN / "pip-audit",
            "-r",
            lock,
            "--require-hashes",
            "--disable-pip",
            "--progress-spinner",
            "off",
            "-f",
            "json",
            "-o",
            out,
        )
        if not out.exists():
            return None
        packages = json.loads(out.read_text())["dependencies"]
    if all("skip_reason" in package for package in packages):
        return None
    return [
        f"{package['name']} {package['version']}: {found['id']}"
        for package in packages
        for found in package.get("vulns", [])
    ]


def node_findings() -> list[str] | None:
    answer = run(BIN / "npm", "audit", "--json", cwd=ROOT / "web")
    try:
        report = json.loads(answer.stdout)
    except json.JSONDecodeError:
        return None
    if "vulnerabilities" not in report:
        return None
    return [f"{name}: {found['severity']}" for name, found in report["vulnerabilities"].items()]


def rust_findings() -> list[str] | None:
    """cargo-deny brings its own licence and source rules (deny.toml), which need no network."""
    if shutil.which("cargo-deny") is None:
        return None
    local = run("cargo", "deny", "check", "bans", "licenses", "sources")
    if local.returncode != 0:
        return [local.stderr.strip()]
    if run("cargo", "deny", "fetch", "db").returncode != 0:
        return None
    advisories = run("cargo", "deny", "check", "advisories")
    return [] if advisories.returncode == 0 else [advisories.stderr.strip()]


def main() -> int:
    findings: list[str] = []
    for name, ask in (("Python", python_findings), ("web", node_findings), ("Rust", rust_findings)):
        try:
            found = ask()
        except subprocess.TimeoutExpired:
            found = None
        if found is None:
            print(f"advisories: nobody answers for {name} packages here, so they are not checked")
        else:
            findings += found
    for line in findings:
        print(f"advisories: {line}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
