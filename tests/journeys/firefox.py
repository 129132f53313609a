"""A person in the system's own Firefox, driven over WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/).

Playwright wants a Firefox of its own making; this one is what people have.
Firefox keeps its audio clock stopped without a sound device, so it is given a null sink of a private pulseaudio.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.journeys.chromium import LISTEN_FOR, START_RECORDING, WHOLE_ROUND, listen_for

EXECUTABLE = os.environ.get("VOXHALL_TEST_FIREFOX", "firefox-esr")
START_TIMEOUT_S = 60
COMMAND_TIMEOUT_S = 60
MAX_ANSWER_BYTES = 64 * 1024 * 1024

PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#",
    "toolkit.telemetry.server": "",
}

# A microphone that hums, and that nobody is asked for.
MICROPHONE = {"media.navigator.streams.fake": True, "media.navigator.permission.disabled": True}


class FirefoxPage:
    """One tab."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._context = ""

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._ids)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        async with asyncio.timeout(COMMAND_TIMEOUT_S):
            while True:
                answer = json.loads(await self._socket.recv())
                if answer.get("id") == number:
                    break
        assert answer["type"] == "success", f"{method}: {answer.get('error')}: {answer.get('message')}"
        result: dict[str, Any] = answer["result"]
        return result

    async def open(self) -> None:
        await self.command("session.new", capabilities={})
        tab = await self.command("browsingContext.create", type="tab")
        self._context = tab["context"]

    async def another_tab(self) -> "FirefoxPage":
        """Of the same person. One of the two is told to do something at a time."""
        other = FirefoxPage(self._socket)
        other._ids = self._ids
        other._context = (await self.command("browsingContext.create", type="tab"))["context"]
        return other

    async def add_init_script(self, script: str) -> None:
        """Runs in every page before its own scripts."""
        await self.command("script.addPreloadScript", functionDeclaration=f"() => {{ {script} }}")

    async def goto(self, url: str) -> None:
        await self.command("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def evaluate(self, function: str) -> Any:
        answer = await self.command(
            "script.callFunction",
            functionDeclaration=function,
            awaitPromise=True,
            target={"context": self._context},
            userActivation=False,
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return answer["result"].get("value")

    async def wait_for(self, selector: str) -> None:
        """Resolves in the page when something matches, without asking again and again."""
        await self.evaluate(
            f"""() => new Promise((resolve) => {{
              const found = () => document.querySelector({json.dumps(selector)}) !== null;
              if (found()) return resolve(true);
              const watcher = new MutationObserver(() => {{ if (found()) {{ watcher.disconnect(); resolve(true); }} }});
              watcher.observe(document, {{ subtree: true, childList: true, attributes: true }});
            }})"""
        )

    async def _is_still(self, selector: str) -> None:
        """What moves while the pointer is on its way is missed by it: as Playwright does, it is waited for."""
        await self.evaluate(
            f"""() => new Promise((resolve) => {{
              let before = '';
              const look = () => {{
                const place = JSON.stringify(document.querySelector({json.dumps(selector)})?.getBoundingClientRect());
                if (place !== undefined && place === before) return resolve(true);
                before = place;
                requestAnimationFrame(look);
              }};
              look();
            }})"""
        )

    async def click(self, test_id: str) -> None:
        """As a person does: with the pointer, so that the page gets its user gesture."""
        selector = f"[data-testid={test_id}]"
        await self.wait_for(selector)
        await self._is_still(selector)
        found = await self.command(
            "browsingContext.locateNodes", context=self._context, locator={"type": "css", "value": selector}
        )
        origin = {"type": "element", "element": {"sharedId": found["nodes"][0]["sharedId"]}}
        pointer = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        await self.command(
            "input.performActions",
            context=self._context,
            actions=[{"type": "pointer", "id": "mouse", "actions": pointer}],
        )

    async def sign_up(self, server: str, handle: str, name: str) -> None:
        """As `chromium.sign_up`."""
        await self.goto(server)
        person = {"handle": handle, "display_name": name, "password": f"the password of {handle}"}
        wish = {"method": "POST", "headers": {"content-type": "application/json"}, "body": json.dumps(person)}
        status = await self.evaluate(
            f"() => fetch('/api/v1/users', {json.dumps(wish)}).then((answer) => answer.status)"
        )
        assert status == 201

    async def hears(self, what: str = "sound") -> bool:
        """Waits until the page plays something audible, or `silence`."""
        await self.evaluate(f"() => ({LISTEN_FOR})({json.dumps(listen_for(what))})")
        return True

    async def start_recording(self) -> None:
        await self.evaluate(START_RECORDING)

    async def hear_whole_round(self, name: str, pause_s: float) -> None:
        await self.evaluate(f"() => ({WHOLE_ROUND})([{json.dumps(name)}, {pause_s * 1000}])")

    async def finish_recording(self) -> bytes:
        return base64.b64decode(await self.evaluate("() => window.finishRecording()"))


@asynccontextmanager
async def firefox_page(folder: Path, preferences: Mapping[str, Any] | None = None) -> AsyncIterator[FirefoxPage]:
    async with (
        _null_sink(folder) as pulse_server,
        _browser(folder, pulse_server, {**PREFERENCES, **(preferences or {})}) as address,
        connect(f"{address}/session", max_size=MAX_ANSWER_BYTES, open_timeout=START_TIMEOUT_S) as socket,
    ):
        page = FirefoxPage(socket)
        await page.open()
        yield page


@asynccontextmanager
async def _null_sink(folder: Path) -> AsyncIterator[str]:
    runtime = folder / "pulse"
    runtime.mkdir(mode=0o700)
    socket = runtime / "native"
    process = await asyncio.create_subprocess_exec(
        "pulseaudio",
        "-n",
        "--daemonize=no",
        "--exit-idle-time=-1",
        "--use-pid-file=no",
        "--load=module-null-sink",
        f"--load=module-native-protocol-unix socket={socket} auth-anonymous=1",
        env={**os.environ, "HOME": str(runtime), "XDG_RUNTIME_DIR": str(runtime)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            while not socket.exists():
                assert process.returncode is None, "pulseaudio did not start"
                await asyncio.sleep(0.05)
        yield f"unix:{socket}"
    finally:
        await _end(process)


@asynccontextmanager
async def _browser(folder: Path, pulse_server: str, preferences: Mapping[str, Any]) -> AsyncIterator[str]:
    profile = folder / "firefox"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
    (profile / "user.js").write_text("\n".join(lines))
    process = await asyncio.create_subprocess_exec(
        EXECUTABLE,
        "--headless",
        "--no-remote",
        "--profile",
        str(profile),
        "--remote-debugging-port=0",
        env={**os.environ, "HOME": str(folder), "PULSE_SERVER": pulse_server, "MOZ_DISABLE_CONTENT_SANDBOX": "1"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    draining: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            while not (found := re.search(rb"BiDi listening on (ws://\S+)", line := await process.stderr.readline())):
                assert line, "Firefox did not start"
        draining = asyncio.create_task(_drain(process.stderr))
        yield found[1].decode()
    finally:
        await _end(process)
        if draining is not None:
            await draining


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.readline():
        pass


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(15):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
