"""A hub of models on this machine: the few answers of Hugging Face's that fetching a model needs."""

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

COMMIT = hashlib.sha1(b"the only one").hexdigest()


class _Hub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, files: dict[str, Path], asked: list[str], *given: Any) -> None:
        self.files, self.asked = files, asked
        super().__init__(*given)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/api/models/") and "/revision/" in path:
            self.asked.append(path)
            names = [{"rfilename": name} for name in self.files]
            self._answer(json.dumps({"id": "some/model", "sha": COMMIT, "siblings": names}).encode())
        elif path.startswith("/api/models/") and f"/tree/{COMMIT}" in path:
            self._answer(json.dumps([self._entry(name, file) for name, file in self.files.items()]).encode())
        elif f"/resolve/{COMMIT}/" in path and (file := self.files.get(path.rpartition("/")[2])):
            self._answer(file.read_bytes())
        else:
            self.send_error(404)

    def _entry(self, name: str, file: Path) -> dict[str, Any]:
        return {"type": "file", "path": name, "size": file.stat().st_size, "oid": _etag(file.read_bytes())}

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.send_header("etag", f'"{_etag(body)}"')
        self.send_header("x-repo-commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass


def _etag(body: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()


@contextmanager
def hub(model: Path) -> Iterator[tuple[str, list[str]]]:
    """Serves this folder as whatever model is asked for; answers its address, and what was asked."""
    files = {file.name: file for file in model.iterdir() if file.is_file()}
    asked: list[str] = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Hub, files, asked)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()
