"""Run by test_doctor.py in network and mount namespaces of its own, as their root: a server on a small disk behind a
firewall, and what the doctor says when one thing after the other is broken. Prints one JSON line per visit.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ADDRESS = "10.9.0.1"
ALL_DROPPED = f"table inet t {{ chain c {{ type filter hook input priority 0; ip daddr {ADDRESS} drop; }}; }}"
UDP_DROPPED = "table inet t { chain c { type filter hook input priority 0; udp dport 8401 drop; }; }"


def run(*command: str, stdin: str | None = None) -> None:
    subprocess.run(command, check=True, input=stdin, text=True)


def visit(name: str, *voxhall: str, **settings: str) -> None:
    began_s = time.monotonic()
    answer = subprocess.run(
        [*voxhall, "doctor", "--json"], capture_output=True, text=True, check=False, env={**os.environ, **settings}
    )
    seen = {"visit": name, "status": answer.returncode, "seconds": time.monotonic() - began_s}
    print(json.dumps(seen | {"error": answer.stderr, "report": json.loads(answer.stdout or "{}")}), flush=True)


def hang_up(listening: socket.socket) -> None:
    """As a program that speaks something else."""
    while True:
        listening.accept()[0].close()


def main(folder: Path) -> None:
    voxhall = [sys.executable, "-m", "voxhall"]
    data = folder / "data"
    data.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(data))
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", f"{ADDRESS}/32", "dev", "lo")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*voxhall, "serve"], stdout=log, stderr=log)
    try:
        while subprocess.run([*voxhall, "status", "--quiet"], check=False).returncode:
            assert server.poll() is None, (folder / "log").read_text()
        visit("well", *voxhall)
        run("nft", "-f", "-", stdin=UDP_DROPPED)
        visit("udp dropped", *voxhall)
        run("nft", "flush", "ruleset")
        run("nft", "-f", "-", stdin=ALL_DROPPED)
        visit("all dropped", *voxhall, VOXHALL_PUBLIC_URL=f"http://{ADDRESS}:8400")
        run("nft", "flush", "ruleset")
        run("ip", "address", "del", f"{ADDRESS}/32", "dev", "lo")
        # What the disk, the clock, the certificate and the model cannot do comes together: each is a look and no wait.
        (data / "full").write_bytes(b"\0" * 60 * 1024 * 1024)
        tomorrow = time.time() + 86_400
        os.utime(data / "voxhall.sqlite3", (tomorrow, tomorrow))
        expired = str(folder / "expired.pem")
        visit("all else", *voxhall, VOXHALL_TLS_CERT=expired, VOXHALL_TLS_KEY=expired, VOXHALL_SPEECH_MODEL="nonsense")
    finally:
        server.terminate()
        server.wait()
    (data / "full").unlink()
    with socket.create_server(("127.0.0.1", 8400)) as listening, socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("", 8401))
        threading.Thread(target=hang_up, args=[listening], daemon=True).start()
        # As whoever starts it from a shell with small limits, with a name that nobody has registered.
        shell = ("sh", "-c", 'ulimit -n 512; exec "$0" "$@"', *voxhall)
        visit("ports taken", *shell, VOXHALL_PUBLIC_URL="https://nowhere.invalid")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
