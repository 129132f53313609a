"""The built web application: its files, and its one page for every address that is a page's.

Only files found at the last look are served, by exact name, so no address can lead out of the folder. The page's
own inline start script is allowed by its hash, which the build changes and we compute.
"""

import base64
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response

from voxhall.kit.doors import CONTENT_SECURITY_POLICY, Receive, Scope, Send

IMMUTABLE = "public, max-age=31536000, immutable"
INDEX, SERVICE_WORKER = "index.html", "service-worker.js"
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_TITLE = re.compile(r"<title>.*?</title>", re.DOTALL)
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)

NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Voxhall</title>
<h1>The pages are not built yet</h1>
<p>The server runs and its API answers, but the web application is missing from this installation.</p>
<p>In a checkout, <code>make run</code> builds the pages and starts the server again.
The API is described at <a href="/api/docs">/api/docs</a>.</p></html>"""


@dataclass(frozen=True)
class _Found:
    built_at_ns: int
    files: dict[str, Path]
    policy: str
    index: str


class Pages:
    """The ASGI application behind all routes: what no route took ends here."""

    def __init__(self, folder: Path, title: str = "", tags: str = "", version: str = "") -> None:
        """`title` and `tags`, escaped, are for the head of each page. `version` names them: where it changes, browsers
        that keep the pages for when there is no network keep them anew.
        """
        self._folder, self._title, self._tags, self._version = folder, title, tags, version
        self._found: _Found | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4404})
            return
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        path: str = scope["path"].lstrip("/")
        if path == "api" or path.startswith("api/"):
            raise HTTPException(404)
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"allow": "GET, HEAD"})
        found = self._look()
        if found is None:
            if "." in path.rpartition("/")[2]:
                raise HTTPException(404)
            return HTMLResponse(NOT_BUILT, 503, {"cache-control": "no-store"})
        if path == INDEX:
            return self._page(found, found.index)
        if path == SERVICE_WORKER and path in found.files:
            return self._service_worker(found)
        if path in found.files:
            return self._file(found, path, Headers(scope=scope))
        if path.startswith("_app/") or "." in path.rpartition("/")[2]:
            raise HTTPException(404)
        return self._page(found, found.index)

    def with_head(self, title: str, tags: str) -> Response:
        """The page with these tags in its head, both already escaped."""
        found = self._look()
        if found is None:
            return HTMLResponse(NOT_BUILT, 503, {"cache-control": "no-store"})
        return self._page(found, _with_head(found.index, title, tags))

    def _page(self, found: _Found, html: str) -> Response:
        return HTMLResponse(html, headers={"cache-control": "no-cache", "content-security-policy": found.policy})

    def _file(self, found: _Found, path: str, headers: Headers) -> Response:
        own = {"cache-control": IMMUTABLE if "/immutable/" in path else "no-cache", "vary": "accept-encoding"}
        accepted = headers.get("accept-encoding", "")
        file = found.files[path]
        for encoding, suffix in ENCODINGS:
            if encoding in accepted and path + suffix in found.files:
                own["content-encoding"] = encoding
                file = found.files[path + suffix]
                break
        media_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
        return FileResponse(file, headers=own, media_type=media_type)

    def _service_worker(self, found: _Found) -> Response:
        """A browser installs it again, and with it keeps the pages anew, where one byte is another."""
        script = found.files[SERVICE_WORKER].read_text()
        return Response(
            f"{script}\n// {self._version}\n", media_type="text/javascript", headers={"cache-control": "no-cache"}
        )

    def _look(self) -> _Found | None:
        """The folder as it is now; looked through again only after a new build."""
        index = self._folder / INDEX
        try:
            built_at_ns = index.stat().st_mtime_ns
        except OSError:
            return None
        if self._found is None or self._found.built_at_ns != built_at_ns:
            files = {
                file.relative_to(self._folder).as_posix(): file for file in self._folder.rglob("*") if file.is_file()
            }
            html = index.read_bytes()
            dressed = _with_head(html.decode(), self._title, self._tags)
            self._found = _Found(built_at_ns, files, _policy(html), dressed)
        return self._found


def _with_head(html: str, title: str, tags: str) -> str:
    if title:
        html = _TITLE.sub(lambda _: f"<title>{title}</title>", html, count=1)
    return html.replace("</head>", f"{tags}\n</head>", 1)


def _policy(html: bytes) -> str:
    digests = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE_SCRIPT.findall(html)]
    return CONTENT_SECURITY_POLICY.format(hashes="".join(f" 'sha256-{digest}'" for digest in digests))
