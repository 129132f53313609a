"""Where `scripts/build-peers` puts what it builds, and which versions those are."""

import subprocess

from benchmarks.report import ROOT

FOLDER = ROOT / ".cache" / "peers"
BIN = FOLDER / "bin"


def versions() -> dict[str, str]:
    janus = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Version}", "janus"], capture_output=True, text=True, check=True
    )
    return {
        **dict(line.split() for line in (BIN / "versions").read_text().splitlines()),
        "janus": janus.stdout,
    }
