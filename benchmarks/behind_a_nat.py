"""A server behind a router that lets two ports in and nothing else, and two browsers outside: how long until they hear
each other, what the doctor says inside and `/check` outside, and what both say when the router forgets a port.

Three network namespaces of its own, so it wants root: `outside` (the browsers), the router, `inside` (the server). The
router translates addresses, forwards TCP 8400 and TCP and UDP 8401, drops all else, and leads nobody who is inside to
its own public address, as most do.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from benchmarks.report import report
from tests.journeys import chromium
from tests.journeys.tone import write_hum

# RFC 5737: nobody's, so that no packet could mean anybody.
PUBLIC, VISITOR = "203.0.113.1", "203.0.113.9"
ROUTER, SERVER = "192.168.77.1", "192.168.77.2"
URL = f"https://{PUBLIC}:8400"
READY_S = 60
SEEN = "[data-testid=verdict]:not([data-verdict=pending])"
LEGS = """
() => Object.fromEntries([...document.querySelectorAll('[data-testid=finding]')]
  .map((one) => [one.dataset.name, one.dataset.state]))
"""


def rules(udp_port: int = 8401) -> str:
    return f"""
flush ruleset
table ip router {{
  chain arriving {{
    type nat hook prerouting priority dstnat
    iifname "out" tcp dport {{ 8400, 8401 }} dnat to {SERVER}
    iifname "out" udp dport {udp_port} dnat to {SERVER}
  }}
  chain leaving {{ type nat hook postrouting priority srcnat; oifname "out" masquerade; }}
  chain passing {{
    type filter hook forward priority filter; policy drop
    ct state established,related accept
    iifname "in" accept
    ct status dnat accept
  }}
}}
"""


def run(*command: str, stdin: str | None = None) -> None:
    subprocess.run(command, check=True, input=stdin, text=True, stdout=sys.stderr)


def lay_network() -> None:
    for name, address, link, own, router in (
        ("inside", SERVER, "in", ROUTER, ROUTER),
        ("outside", VISITOR, "out", PUBLIC, PUBLIC),
    ):
        run("ip", "netns", "add", name)
        run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "address", "add", f"{own}/24", "dev", link)
        run("ip", "link", "set", link, "up")
        run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "eth0")
        for interface in ("lo", "eth0"):
            run("ip", "-n", name, "link", "set", interface, "up")
        if name == "inside":
            run("ip", "-n", name, "route", "add", "default", "via", router)
    run("ip", "link", "set", "lo", "up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    run("nft", "-f", "-", stdin=rules())


def within(name: str, *command: str) -> list[str]:
    return ["ip", "netns", "exec", name, *command]


def doctor(environment: dict[str, str]) -> dict[str, Any]:
    answer = subprocess.run(
        within("inside", sys.executable, "-m", "voxhall", "doctor", "--json"),
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    wrong = [one for one in json.loads(answer.stdout)["findings"] if one["level"] != "ok"]
    return {"status": answer.returncode, "not_ok": {one["name"]: one["sentence"] for one in wrong}}


def browsers(what: str, *arguments: str) -> dict[str, Any]:
    command = within("outside", sys.executable, "-m", "benchmarks.behind_a_nat", what, *arguments)
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return found


def main() -> None:
    lay_network()
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "VOXHALL_DATA": f"{folder}/data", "VOXHALL_TLS": "self", "VOXHALL_PUBLIC_URL": URL,
            "VOXHALL_MEDIA_ADDRESS": PUBLIC,
        }  # fmt: skip
        environment = {name: value for name, value in os.environ.items() if not name.startswith("VOXHALL_")} | settings
        began_s = time.monotonic()
        log = Path(folder, "log")
        with log.open("wb") as output:
            command = within("inside", sys.executable, "-m", "voxhall", "serve")
            server = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        try:
            wait_until(lambda: "Open this once" in log.read_text())
            found: dict[str, Any] = {"server_up_s": round(time.monotonic() - began_s, 1)}
            found |= browsers("hear", folder)
            found["from_start_to_hearing_each_other_s"] = round(time.monotonic() - began_s, 1)
            found["check_outside"] = browsers("check")
            found["doctor_inside"] = doctor(environment)
            run("nft", "-f", "-", stdin=rules(udp_port=9))
            found["check_outside_without_udp"] = browsers("check")
        finally:
            server.terminate()
            server.wait()
    print(json.dumps(report("behind_a_nat", found)))


def wait_until(is_so: Callable[[], bool]) -> None:
    end_s = time.monotonic() + READY_S
    while not is_so():
        assert time.monotonic() < end_s, "the server did not start"
        time.sleep(0.1)


async def hear(folder: Path) -> dict[str, Any]:
    """Two sign up, one opens a space, the other asks to speak: as people do it, and both hear the other."""
    began_s = time.monotonic()
    hum = write_hum(folder / "hum.wav")
    flags = ["--ignore-certificate-errors"]
    async with (
        chromium.playwright() as running,
        chromium.person(running, microphone=hum, more_flags=flags) as host,
        chromium.person(running, microphone=hum, more_flags=flags) as guest,
    ):
        opened_s = time.monotonic()
        for page, handle in ((host, "ana"), (guest, "ben")):
            await page.goto(f"{URL}/sign-up")
            await chromium.fill_in_sign_up(page, handle, handle.capitalize())
        space = await chromium.start_space(host, URL, "Through the router")
        await chromium.turn_microphone_on(host)
        clicked_s = time.monotonic()
        await chromium.listen(guest, space)
        await chromium.hears(guest)
        heard_s = time.monotonic()
        await guest.keyboard.press("r")
        await host.get_by_test_id("accept-request").click()
        await chromium.turn_microphone_on(guest)
        await asyncio.gather(chromium.hears(host), chromium.hears(guest))
        both_s = time.monotonic()
    return {
        "browsers_up_s": round(opened_s - began_s, 1),
        "from_the_listeners_first_page_to_sound_s": round(heard_s - clicked_s, 2),
        "from_the_first_page_to_hearing_each_other_s": round(both_s - opened_s, 1),
    }


async def check() -> dict[str, Any]:
    async with chromium.playwright() as running:
        flags = ["--ignore-certificate-errors"]
        async with chromium.person(running, more_flags=flags) as page:
            await page.goto(f"{URL}/check")
            await page.locator(SEEN).wait_for()
            return {"verdict": await verdict(page), **await page.evaluate(LEGS)}


async def verdict(page: Page) -> str:
    return await page.get_by_test_id("verdict").get_attribute("data-verdict") or ""


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["hear", folder]:
            print(json.dumps(asyncio.run(hear(Path(folder)))))
        case ["check"]:
            print(json.dumps(asyncio.run(check())))
        case ["within"]:
            # `ip netns` keeps its names in a folder that is nobody else's here.
            Path("/run/netns").mkdir(exist_ok=True)
            run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
            main()
        case _:
            again = [sys.executable, "-m", "benchmarks.behind_a_nat", "within"]
            sys.exit(subprocess.run(["unshare", "--net", "--mount", *again], check=False).returncode)
