"""Where the pictures are taken: people with accounts on a real server, their browser windows, and the camera."""

import asyncio
import io
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx2
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page

from tests.journeys import axe
from tests.journeys.chromium import PATIENCE_MS, QUIET, Browsers
from tests.journeys.tone import write_hum
from tests.running import RunningServer

FOLDER = Path(__file__).parent.parent.parent / "docs" / "screens"
# A phone, a tablet held upright, a desk.
SIZES = {360: 740, 768: 1024, 1280: 800}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Flat surfaces and letters: above the first a picture costs twice as much for nothing, below the last letters blur.
WEBP_QUALITIES = (58, 48, 38, 28)
# All of them together are read on a telephone too.
MOST_BYTES = 45_000

TOGGLES_OFF = "() => document.activeElement?.blur?.()"


@dataclass(frozen=True)
class Somebody:
    """An account, and its own way to the API."""

    handle: str
    name: str
    password: str
    http: httpx2.Client


@dataclass(frozen=True)
class Scene:
    name: str
    about: str
    play: Callable[["Studio"], Awaitable[None]]


@dataclass
class Studio:
    server: RunningServer
    browser: Browser
    scene: str = ""
    taken: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    people: dict[str, Somebody] = field(default_factory=dict)
    # The live spaces of a full home, each with its host; whether there are past ones and planned ones.
    live: list[tuple[Somebody, dict[str, Any]]] = field(default_factory=list)
    has_past: bool = False

    @staticmethod
    @asynccontextmanager
    async def open(running: Browsers, server: RunningServer) -> "AsyncIterator[Studio]":
        microphone = write_hum(server.data.parent / "hum.wav")
        flags = [*QUIET, "--hide-scrollbars", "--use-fake-ui-for-media-stream"]
        flags.append(f"--use-file-for-fake-audio-capture={microphone}")
        browser = await running.with_flags(flags)
        try:
            yield Studio(server, browser)
        finally:
            await browser.close()

    async def play(self, scene: Scene) -> bool:
        """Whether it could be taken and breaks no rule of accessibility; the windows it opened are closed."""
        self.scene, self.taken, self.broken = scene.name, [], []
        try:
            await scene.play(self)
        except Exception as error:  # noqa: BLE001 - the other scenes are worth taking all the same
            print(f"{scene.name} FAILED: {str(error).splitlines()[0]}", flush=True)
            return False
        finally:
            for context in self.browser.contexts:
                await context.close()
        print(f"{scene.name}: {', '.join(self.taken)}", *self.broken, sep="\n  ", flush=True)
        return not self.broken

    def person(self, handle: str, name: str, **profile: Any) -> Somebody:
        """Signs up on the first mention."""
        if handle in self.people:
            return self.people[handle]
        http = httpx2.Client(base_url=self.server.url, timeout=30)
        somebody = Somebody(handle, name, f"the password of {handle}", http)
        body = {"handle": handle, "display_name": name, "password": somebody.password}
        self._answer(http.post("/api/v1/users", json=body))
        if profile:
            self._answer(http.patch("/api/v1/me", json=profile))
        self.people[handle] = somebody
        return somebody

    def administrator(self, handle: str, name: str) -> Somebody:
        """As the operator makes one, on the command line of the server's machine."""
        password = f"the password of {handle}"
        command = [sys.executable, "-m", "voxhall", "admin", "create-user", handle, "--admin", "--password-stdin"]
        subprocess.run(
            [*command, "--data", str(self.server.data)],
            input=password,
            text=True,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return Somebody(handle, name, password, httpx2.Client(base_url=self.server.url, timeout=30))

    def space(self, host: Somebody, title: str, **wishes: Any) -> dict[str, Any]:
        """Open and live, or scheduled with `in_hours`."""
        if "in_hours" in wishes:
            start = datetime.now(UTC) + timedelta(hours=wishes.pop("in_hours"))
            wishes["scheduled_start"] = start.replace(minute=0, second=0, microsecond=0).isoformat()
        found: dict[str, Any] = self._answer(host.http.post("/api/v1/spaces", json={"title": title, **wishes}))
        return found

    def on_stage(self, space: dict[str, Any], *people: Somebody) -> None:
        """Onto the stage of a space where everyone may speak."""
        for somebody in people:
            self._answer(somebody.http.post(f"/api/v1/spaces/{space['id']}/requests"))

    def invite(self, host: Somebody, space: dict[str, Any], somebody: Somebody) -> None:
        """To speak, by the host, somebody who listens."""
        people = self._answer(host.http.get(f"/api/v1/spaces/{space['id']}/participants"))["items"]
        [who] = [one["id"] for one in people if one["handle"] == somebody.handle]
        self._answer(host.http.post(f"/api/v1/spaces/{space['id']}/participants/{who}/invite-to-speak"))

    def started_ago(self, space: dict[str, Any], minutes: float, *, listeners: int = 0, lasted: float = 0) -> None:
        """What no picture can wait for: a space that has been live for a while, an audience of ten thousand."""
        started = datetime.now(UTC) - timedelta(minutes=minutes)
        values = {"created_at": started, "started_at": started}
        if lasted:
            values["ended_at"] = started + timedelta(minutes=lasted)
        lasted_ms = int(lasted * 60_000)
        with sqlite3.connect(self.server.data / "voxhall.sqlite3", timeout=10) as db:
            kept = {name: _stored(at) for name, at in values.items()}
            names = ", ".join(f"{name} = ?" for name in kept)
            db.execute("UPDATE recordings SET duration_ms = ? WHERE space_id = ?", (lasted_ms, space["id"]))
            db.execute(
                f"UPDATE spaces SET {names}, listener_count = ?, replay_ms = ? WHERE id = ?",
                (*kept.values(), listeners, lasted_ms or None, space["id"]),
            )

    async def window(self, somebody: Somebody | None = None, *, locale: str = "en-GB") -> Page:
        """A browser window of their own: nothing is shared with the other people's."""
        context: BrowserContext = await self.browser.new_context(
            locale=locale, timezone_id="Europe/Berlin", reduced_motion="reduce"
        )
        if somebody is not None:
            body = {"handle": somebody.handle, "password": somebody.password}
            answer = await context.request.post(f"{self.server.url}/api/v1/sessions", data=body)
            assert answer.ok, await answer.text()
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        return page

    async def visit(self, page: Page, path: str, until: str = "main h1") -> None:
        await page.goto(f"{self.server.url}{path}")
        await page.locator(until).first.wait_for()

    async def shoot(
        self,
        page: Page,
        name: str = "",
        *,
        whole: bool = False,
        open_at: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        """One picture for each width and scheme; `whole` takes what lies below the fold too, `open_at` opens at each
        width what another has closed."""
        label = f"{self.scene}-{name}" if name else self.scene
        FOLDER.mkdir(parents=True, exist_ok=True)
        for width, height in SIZES.items():
            await page.set_viewport_size({"width": width, "height": height})
            if open_at is not None:
                await open_at(width)
            for scheme in SCHEMES:
                await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                await page.evaluate(TOGGLES_OFF)
                png = await page.screenshot(full_page=whole, animations="disabled", caret="hide")
                # Beside the loop: the sockets of those who are present have to be answered meanwhile.
                picture = await asyncio.to_thread(small, png)
                (FOLDER / f"{label}-{width}-{scheme}.webp").write_bytes(picture)
        # Of many of these states there is no journey.
        self.broken += [f"{label}: {rule}" for rule in await axe.violations(page)]
        self.taken.append(label)

    @staticmethod
    def _answer(answer: httpx2.Response) -> Any:
        assert answer.is_success, answer.text
        return answer.json()


def small(png: bytes) -> bytes:
    """As WebP, in the best quality that is small enough."""
    written = b""
    with Image.open(io.BytesIO(png)) as picture:
        for quality in WEBP_QUALITIES:
            file = io.BytesIO()
            picture.convert("RGB").save(file, "WEBP", quality=quality, method=6)
            written = file.getvalue()
            if len(written) <= MOST_BYTES:
                break
    return written


def _stored(at: datetime) -> str:
    """As SQLite keeps it: the reading in UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")
